package io.aragora.resilience.spring.actuate;

import io.aragora.resilience.opentelemetry.OpenTelemetryMetrics;
import io.aragora.resilience.spring.ResilienceBuilderCustomizer;
import io.opentelemetry.api.OpenTelemetry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/**
 * Shows the runtime in OpenTelemetry, if the application has one bean {@link OpenTelemetry}. Beans are looked up when the runtime is built,
 * so it does not matter which auto-configuration creates that bean.
 */
@AutoConfiguration(beforeName = "io.aragora.resilience.spring.ResilienceAutoConfiguration")
@ConditionalOnClass({OpenTelemetry.class, OpenTelemetryMetrics.class})
public class ResilienceTelemetryAutoConfiguration {
  /** Creates the configuration. */
  public ResilienceTelemetryAutoConfiguration() {}

  /** An extension of the application has its own settings, and the property attaches the extension that is found on the path. */
  @Bean
  @ConditionalOnMissingBean(OpenTelemetryMetrics.class)
  ResilienceBuilderCustomizer resilienceTelemetryCustomizer(
      ObjectProvider<OpenTelemetry> telemetry, Environment environment) {
    return builder -> {
      if (!environment.containsProperty(OpenTelemetryMetrics.PROPERTY)) {
        telemetry.ifUnique(only -> builder.extension(OpenTelemetryMetrics.on(only)));
      }
    };
  }
}
