package io.aragora.resilience.spring.actuate;

import io.aragora.resilience.Resilience;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.health.actuate.endpoint.AdditionalHealthEndpointPath;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroup;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroups;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroupsPostProcessor;
import org.springframework.boot.health.actuate.endpoint.HttpCodeStatusMapper;
import org.springframework.boot.health.actuate.endpoint.StatusAggregator;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/**
 * Shows the health of the runtime in Actuator, as contributor {@code resilience} with a part for each {@link
 * io.aragora.resilience.health.HealthGroup}, and adds the parts of liveness and readiness to the probes of these names.
 * For Spring Boot 4.0.
 */
// After the probes: the processors of groups run in the order of these classes.
@AutoConfiguration(
    afterName = {
      "io.aragora.resilience.spring.ResilienceAutoConfiguration",
      "org.springframework.boot.health.autoconfigure.actuate.endpoint.AvailabilityProbesAutoConfiguration"
    })
@ConditionalOnClass(HealthEndpointGroupsPostProcessor.class)
@ConditionalOnSingleCandidate(Resilience.class)
@ConditionalOnEnabledHealthIndicator(GroupHealth.CONTRIBUTOR)
public class ResilienceHealthAutoConfiguration {
  /** Creates the configuration. */
  public ResilienceHealthAutoConfiguration() {}

  /**
   * Creates the contributor.
   *
   * @param resilience the runtime
   * @return a contributor with a part for each group
   */
  @Bean(name = "resilienceHealthContributor")
  @ConditionalOnMissingBean(name = "resilienceHealthContributor")
  public CompositeHealthContributor resilienceHealthContributor(Resilience resilience) {
    Map<String, HealthContributor> parts =
        GroupHealth.parts(resilience, group -> (HealthIndicator) () -> health(group.get()));
    return CompositeHealthContributor.fromMap(parts);
  }

  /**
   * Creates the processor that adds the parts to the probes.
   *
   * @param environment tells whether the application lists the members of a probe itself
   * @return a processor of the groups
   */
  @Bean
  public static HealthEndpointGroupsPostProcessor resilienceProbes(Environment environment) {
    ProbeGroups probes = new ProbeGroups(environment);
    return groups -> HealthEndpointGroups.of(
        groups.getPrimary(), probes.extended(groups.getNames(), groups::get, Probe::new));
  }

  private static Health health(GroupHealth group) {
    Health.Builder health = switch (group.code()) {
      case UP -> Health.up();
      case UNKNOWN -> Health.unknown();
      case DOWN -> Health.down();
    };
    return health.withDetails(group.details()).build();
  }

  /** A probe of Actuator with one member more. */
  private static final class Probe implements HealthEndpointGroup {
    private final HealthEndpointGroup group;
    private final String member;

    Probe(HealthEndpointGroup group, String member) {
      this.group = group;
      this.member = member;
    }

    @Override
    public boolean isMember(String name) {
      return name.equals(member) || group.isMember(name);
    }

    @Override
    public boolean showComponents(SecurityContext securityContext) {
      return group.showComponents(securityContext);
    }

    @Override
    public boolean showDetails(SecurityContext securityContext) {
      return group.showDetails(securityContext);
    }

    @Override
    public StatusAggregator getStatusAggregator() {
      return group.getStatusAggregator();
    }

    @Override
    public HttpCodeStatusMapper getHttpCodeStatusMapper() {
      return group.getHttpCodeStatusMapper();
    }

    @Override
    public @Nullable AdditionalHealthEndpointPath getAdditionalPath() {
      return group.getAdditionalPath();
    }
  }
}
