package io.aragora.resilience.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerCall;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A server with a method of each type, and a channel to it. The first message of a call is what the server does: {@code ok}, {@code
 * hang}, {@code throw}, {@code throw late}, or the name of a status. A call that is to fail when it starts has the header {@code throw}.
 */
final class Shop implements AutoCloseable {
  /** How calls get to the server. */
  enum Transport {
    IN_PROCESS,
    NETTY
  }

  static final Metadata.Key<String> THROW =
      Metadata.Key.of("throw", Metadata.ASCII_STRING_MARSHALLER);

  static final long BOUND_SECONDS = 20;

  /** Calls that a handler received, each as its type and first message. */
  final BlockingQueue<String> handled = new LinkedBlockingQueue<>();

  /** The trailers of statuses. */
  volatile Metadata trailers = new Metadata();

  final Server server;
  final ManagedChannel managed;

  Shop(Transport transport, ServerInterceptor... interceptors) {
    try {
      String name = InProcessServerBuilder.generateName();
      ServerBuilder<?> builder = transport == Transport.IN_PROCESS
          ? InProcessServerBuilder.forName(name)
          : NettyServerBuilder.forAddress(
              new InetSocketAddress("127.0.0.1", 0), InsecureServerCredentials.create());
      ServerServiceDefinition.Builder service = ServerServiceDefinition.builder("shop.Prices");
      for (MethodType type : types()) {
        service.addMethod(method(type), (call, headers) -> handle(type, call, headers));
      }
      builder.addService(service.build());
      for (ServerInterceptor interceptor : interceptors) {
        builder.intercept(interceptor);
      }
      server = builder.build().start();
      managed = transport == Transport.IN_PROCESS
          ? InProcessChannelBuilder.forName(name).build()
          : Grpc.newChannelBuilder(
                  "127.0.0.1:" + server.getPort(), InsecureChannelCredentials.create())
              .build();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<MethodType> types() {
    return List.of(
        MethodType.UNARY,
        MethodType.SERVER_STREAMING,
        MethodType.CLIENT_STREAMING,
        MethodType.BIDI_STREAMING);
  }

  static MethodDescriptor<String, String> method(MethodType type) {
    return MethodDescriptor.<String, String>newBuilder()
        .setType(type)
        .setFullMethodName("shop.Prices/" + type)
        .setRequestMarshaller(new Text())
        .setResponseMarshaller(new Text())
        .build();
  }

  private ServerCall.Listener<String> handle(
      MethodType type, ServerCall<String, String> call, Metadata headers) {
    if (headers.containsKey(THROW)) {
      throw new IllegalStateException("at the start");
    }
    call.request(100);
    return new ServerCall.Listener<>() {
      private String order = "";

      @Override
      public void onMessage(String message) {
        if (!order.isEmpty()) {
          return;
        }
        order = message;
        handled.add(type + " " + message);
        call.sendHeaders(new Metadata());
        if (order.equals("throw")) {
          throw new IllegalStateException("in onMessage");
        }
        if (type == MethodType.SERVER_STREAMING || type == MethodType.BIDI_STREAMING) {
          for (int i = 0; i < 5; i++) {
            call.sendMessage(message + i);
          }
        }
      }

      @Override
      public void onHalfClose() {
        switch (order) {
          case "hang" -> {}
          case "throw late" -> throw new IllegalStateException("in onHalfClose");
          case "ok" -> {
            if (type == MethodType.UNARY || type == MethodType.CLIENT_STREAMING) {
              call.sendMessage("ok");
            }
            call.close(Status.OK, new Metadata());
          }
          default -> call.close(Status.Code.valueOf(order).toStatus(), trailers);
        }
      }
    };
  }

  Channel channel(ClientInterceptor... interceptors) {
    return ClientInterceptors.intercept(managed, interceptors);
  }

  /** Waits for a condition that other threads bring about. */
  static void await(BooleanSupplier condition, String what) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(BOUND_SECONDS);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(end);
      Thread.yield();
    }
  }

  String nextHandled() throws InterruptedException {
    String call = handled.poll(BOUND_SECONDS, TimeUnit.SECONDS);
    assertThat(call).isNotNull();
    return call;
  }

  @Override
  public void close() {
    managed.shutdownNow();
    server.shutdownNow();
  }

  /** A call of a client, with what its listener received. */
  static final class Call extends ClientCall.Listener<String> {
    final CompletableFuture<Status> status = new CompletableFuture<>();
    final CopyOnWriteArrayList<String> received = new CopyOnWriteArrayList<>();
    volatile Metadata trailers = new Metadata();
    final ClientCall<String, String> call;

    Call(Channel channel, MethodType type, CallOptions options) {
      call = channel.newCall(method(type), options);
    }

    Call start(Metadata headers) {
      call.start(this, headers);
      return this;
    }

    /** A whole call, all of whose messages are requested. */
    static Call of(Channel channel, MethodType type, String order) {
      return of(channel, type, order, CallOptions.DEFAULT, new Metadata());
    }

    static Call of(
        Channel channel, MethodType type, String order, CallOptions options, Metadata headers) {
      Call call = new Call(channel, type, options).start(headers);
      call.call.request(100);
      call.call.sendMessage(order);
      call.call.halfClose();
      return call;
    }

    Status end() {
      return status.orTimeout(BOUND_SECONDS, TimeUnit.SECONDS).join();
    }

    @Override
    public void onMessage(String message) {
      received.add(message);
    }

    @Override
    public void onClose(Status end, Metadata with) {
      trailers = with;
      if (!status.complete(end)) {
        received.add("closed twice");
      }
    }
  }

  private static final class Text implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String parse(InputStream stream) {
      try {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
