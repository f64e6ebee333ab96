package io.aragora.resilience.redis;

import io.aragora.resilience.quota.QuotaStoreException;
import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.async.RedisScriptingAsyncCommands;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A client with its threads and its connection, or one connection for each node of a cluster. It never reconnects by itself, so
 * no command waits for a connection. Each wait is bounded. One thread at a time may use it.
 */
final class RedisConnection implements AutoCloseable {
  /** At most five threads: two for sockets, of which one connection uses one, two for events, and one for timers. */
  private static final int THREADS = 2;

  private static final int MAX_COMMANDS = 64;
  private static final Duration SHUTDOWN = Duration.ofSeconds(1);

  /** The time that the client needs beyond its own bound. */
  private static final Duration SHUTDOWN_WAIT = Duration.ofSeconds(2);

  private final RedisLocation location;
  private final ClientResources resources;
  private final AbstractRedisClient client;
  private @Nullable RedisScriptingAsyncCommands<byte[], byte[]> commands;

  private RedisConnection(RedisLocation location) {
    this.location = location;
    resources = ClientResources.builder()
        .ioThreadPoolSize(THREADS)
        .computationThreadPoolSize(THREADS)
        .threadFactoryProvider(pool -> new DefaultThreadFactory("resilience-redis", true))
        .commandLatencyRecorder(CommandLatencyRecorder.disabled())
        .nettyCustomizer(new NettyCustomizer() {
          @Override
          public void afterChannelInitialized(Channel channel) {
            channel.pipeline().addFirst(new ReplyLimit());
          }
        })
        .build();
    client = location.isCluster()
        ? RedisClusterClient.create(resources, location.nodes())
        : RedisClient.create(resources, location.nodes().get(0));
  }

  static RedisConnection open(RedisLocation location) throws QuotaStoreException {
    RedisConnection connection = new RedisConnection(location);
    try {
      connection.commands = get(connection.connect(), location.opening());
      return connection;
    } catch (Throwable e) {
      connection.close();
      if (e instanceof Error error) {
        throw error;
      }
      throw RedisFailure.opening(location, e);
    }
  }

  private Future<? extends RedisScriptingAsyncCommands<byte[], byte[]>> connect() {
    ClusterClientOptions.Builder options = ClusterClientOptions.builder()
        .autoReconnect(false)
        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
        .protocolVersion(ProtocolVersion.RESP2)
        .requestQueueSize(MAX_COMMANDS)
        .timeoutOptions(TimeoutOptions.builder().timeoutCommands(false).build())
        .socketOptions(SocketOptions.builder()
            .connectTimeout(RedisLocation.CONNECT)
            .keepAlive(true)
            .build());
    if (client instanceof RedisClusterClient nodes) {
      nodes.setOptions(options.build());
      return nodes
          .refreshPartitionsAsync()
          .thenCompose(known -> nodes.connectAsync(ByteArrayCodec.INSTANCE))
          .thenApply(StatefulRedisClusterConnection::async)
          .toCompletableFuture();
    }
    RedisClient node = (RedisClient) client;
    node.setOptions(options.build());
    return node.connectAsync(ByteArrayCodec.INSTANCE, location.nodes().get(0))
        .thenApply(connected -> connected.async())
        .toCompletableFuture();
  }

  /** Runs a script whose answer is one text. If the server does not know the script, as after a restart, it is sent with its text. */
  byte @Nullable [] run(byte[] script, String digest, byte[][] keys, byte[][] arguments)
      throws QuotaStoreException {
    RedisScriptingAsyncCommands<byte[], byte[]> open =
        Objects.requireNonNull(commands, "an open connection has commands");
    try {
      try {
        return get(
            open.<byte[]>evalsha(digest, ScriptOutputType.VALUE, keys, arguments),
            location.timeout());
      } catch (RedisNoScriptException e) {
        return get(
            open.<byte[]>eval(script, ScriptOutputType.VALUE, keys, arguments), location.timeout());
      }
    } catch (Exception e) {
      throw RedisFailure.leasing(location, e);
    }
  }

  private static <T> T get(Future<T> future, Duration limit) throws Exception {
    try {
      return future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      future.cancel(true);
      throw new TimeoutException("no answer within " + limit.toMillis() + " ms");
    } catch (InterruptedException e) {
      future.cancel(true);
      Thread.currentThread().interrupt();
      throw e;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Closes the connection and ends the threads. If a thread is held up, by a slow look-up of a name for example, it ends later. */
  @Override
  public void close() {
    CompletableFuture<Void> closed =
        client.shutdownAsync(0, SHUTDOWN.toMillis(), TimeUnit.MILLISECONDS);
    boolean interrupted = Thread.interrupted();
    try {
      await(closed);
      await(resources.shutdown(0, SHUTDOWN.toMillis(), TimeUnit.MILLISECONDS));
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static void await(Future<?> end) {
    try {
      get(end, SHUTDOWN_WAIT);
    } catch (Exception e) {
      // Nothing is left to do: the threads are daemons.
    }
  }
}
