package io.aragora.resilience.spring;

import io.aragora.resilience.Resilience;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** A running web application on a free port, with Actuator, asked over HTTP. */
public final class WebApp implements AutoCloseable {
  private final ConfigurableApplicationContext context;
  private final HttpClient client = HttpClient.newHttpClient();

  private WebApp(ConfigurableApplicationContext context) {
    this.context = context;
  }

  /**
   * Starts an application.
   *
   * @param application its configuration
   * @param properties {@code name=value}, which override the configuration
   */
  public static WebApp start(Class<?> application, String... properties) {
    List<String> arguments = new ArrayList<>(
        List.of("--server.port=0", "--spring.main.banner-mode=off", "--logging.level.root=warn"));
    for (String property : properties) {
      arguments.add("--" + property);
    }
    return new WebApp(
        new SpringApplicationBuilder(application).run(arguments.toArray(String[]::new)));
  }

  public ConfigurableApplicationContext context() {
    return context;
  }

  public Resilience resilience() {
    return context.getBean(Resilience.class);
  }

  public URI uri(String path) {
    return URI.create(
        "http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port") + path);
  }

  /** Returns the status and the body of an answer. */
  public String get(String path) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(uri(path)).build());
  }

  public String post(String path, String json) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(uri(path))
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(json))
        .build());
  }

  private String send(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
    return answer.statusCode() + " " + answer.body();
  }

  @Override
  public void close() {
    context.close();
  }
}
