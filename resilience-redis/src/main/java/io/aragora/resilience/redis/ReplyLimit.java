package io.aragora.resilience.redis;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;

/** Closes the connection to a server that sends more than an answer can have, before the client puts it together in memory. */
final class ReplyLimit extends ChannelDuplexHandler {
  /** Enough for the nodes of a large cluster; a lease has a hundred bytes. */
  static final int MAX_BYTES = 1 << 20;

  private long received;

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise)
      throws Exception {
    received = 0;
    super.write(context, message, promise);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
    if (message instanceof ByteBuf bytes) {
      received += bytes.readableBytes();
    }
    if (received > MAX_BYTES) {
      ReferenceCountUtil.release(message);
      ChannelFuture unused = context.close();
    } else {
      super.channelRead(context, message);
    }
  }
}
