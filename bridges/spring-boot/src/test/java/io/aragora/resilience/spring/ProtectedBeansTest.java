package io.aragora.resilience.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.annotation.WithBulkhead;
import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithConcurrencyLimit;
import io.aragora.resilience.annotation.WithFallback;
import io.aragora.resilience.annotation.WithPipeline;
import io.aragora.resilience.annotation.WithRateLimiter;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.annotation.WithTimeout;
import io.aragora.resilience.bulkhead.BulkheadFullException;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.ratelimiter.RateLimitExceededException;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.aopalliance.intercept.MethodInterceptor;
import org.aspectj.lang.ProceedingJoinPoint;
import org.aspectj.lang.annotation.After;
import org.aspectj.lang.annotation.AfterReturning;
import org.aspectj.lang.annotation.Around;
import org.aspectj.lang.annotation.Aspect;
import org.aspectj.lang.annotation.Before;
import org.junit.jupiter.api.Test;
import org.springframework.aop.framework.Advised;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.aop.framework.autoproxy.DefaultAdvisorAutoProxyCreator;
import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.FactoryBean;
import org.springframework.beans.factory.config.BeanDefinitionHolder;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.support.BeanDefinitionBuilder;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.cache.concurrent.ConcurrentMapCacheManager;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.EnableAspectJAutoProxy;
import org.springframework.context.annotation.ScopedProxyMode;
import org.springframework.context.support.SimpleThreadScope;
import org.springframework.core.PriorityOrdered;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;

class ProtectedBeansTest {
  private final ManualTime time = ManualTime.create();
  private final ApplicationContextRunner runner = new ApplicationContextRunner()
      .withConfiguration(AutoConfigurations.of(ResilienceAutoConfiguration.class))
      .withBean(ManualTime.class, () -> time);

  /** Runs an application with one bean. */
  private <B> void with(Class<B> type, B bean, Use<B> use) {
    with(runner, type, bean, use);
  }

  private static <B> void with(ApplicationContextRunner runner, Class<B> type, B bean, Use<B> use) {
    runner.withBean("shop", type, () -> bean).run(context -> {
      assertThat(context).hasNotFailed();
      use.with(context.getBean(type), context.getBean(Resilience.class));
    });
  }

  /** A failure that a retry takes for a passing one. */
  private static UncheckedIOException unavailable(String message) {
    return new UncheckedIOException(message, new IOException(message));
  }

  private interface Use<B> {
    void with(B bean, Resilience resilience) throws Throwable;
  }

  private static <B> void fails(
      ApplicationContextRunner runner, Class<B> type, B bean, String... parts) {
    runner.withBean("shop", type, () -> bean).run(context -> {
      assertThat(context).hasFailed();
      assertThat(new ResilienceFailureAnalyzer().analyze(context.getStartupFailure()))
          .isNotNull()
          .extracting(analysis -> analysis.getDescription())
          .asString()
          .contains("bean 'shop'")
          .contains(parts);
    });
  }

  static class All {
    int calls;

    @WithRetry(value = "prices", maxAttempts = 3, delay = "0 s")
    String retried() {
      if (++calls < 3) {
        throw unavailable("call " + calls);
      }
      return "call " + calls;
    }

    @WithCircuitBreaker("prices")
    String broken() {
      throw unavailable("shop");
    }

    @WithTimeout(value = "1 s", name = "prices")
    CompletionStage<String> slow() {
      return new CompletableFuture<>();
    }

    @WithBulkhead(value = "prices", maxConcurrentCalls = 1)
    public String crowded(java.util.function.Supplier<String> inside) {
      return inside.get();
    }

    @WithConcurrencyLimit(value = "prices")
    protected String limited(java.util.function.Supplier<String> inside) {
      return inside.get();
    }

    @WithRateLimiter(value = "prices", limit = 1, period = "1 h")
    String frequent() {
      return "price";
    }

    @WithRetry(maxAttempts = 2, delay = "0 s")
    @WithFallback("none")
    public String missing(String article) {
      calls++;
      throw unavailable(article);
    }

    String none(String article, Throwable failure) {
      return "no " + article + " because of " + failure.getMessage();
    }

    @WithPipeline("prices")
    CompletableFuture<String> piped() {
      return ++calls < 2
          ? CompletableFuture.failedFuture(unavailable("shop"))
          : CompletableFuture.completedFuture("call " + calls);
    }
  }

  private final ApplicationContextRunner piped =
      runner.withPropertyValues("resilience.pipeline.prices.policies=retry");

  @Test
  void annotations_ofEveryKind_protectTheMethod() {
    with(piped, All.class, new All(), (shop, resilience) -> {
      assertThat(shop.retried()).isEqualTo("call 3");
      resilience.circuitBreaker("prices").forceOpen();
      assertThatThrownBy(shop::broken).isInstanceOf(CallNotPermittedException.class);
      CompletableFuture<String> slow = shop.slow().toCompletableFuture();
      time.advance(Duration.ofSeconds(2));
      assertThatThrownBy(slow::join).hasCauseInstanceOf(TimeoutExceededException.class);
      assertThatThrownBy(() -> shop.crowded(() -> shop.crowded(() -> "two")))
          .isInstanceOf(BulkheadFullException.class);
      assertThat(shop.frequent()).isEqualTo("price");
      assertThatThrownBy(shop::frequent).isInstanceOf(RateLimitExceededException.class);
      assertThat(shop.missing("apples")).isEqualTo("no apples because of apples");
      assertThat(shop.limited(() -> "price")).isEqualTo("price");
      assertThat(resilience.concurrencyLimit("prices").totals().admitted()).isEqualTo(1);
    });
  }

  @Test
  void annotations_pipelineOfTheSettings_retriesAStage() {
    with(
        piped.withPropertyValues("resilience.retry.prices.delay=0"),
        All.class,
        new All(),
        (shop, resilience) -> {
          CompletableFuture<String> price = shop.piped();
          time.advance(Duration.ofSeconds(1));
          assertThat(price.join()).isEqualTo("call 2");
        });
  }

  @Test
  void annotations_areAllThoseOfTheLibrary() throws Exception {
    Path folder = Path.of("../../resilience-api/src/main/java/io/aragora/resilience/annotation");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(AnnotatedMethods.ALL.stream().map(Class::getSimpleName))
          .containsExactlyInAnyOrderElementsOf(files
              .map(file -> file.getFileName().toString().replace(".java", ""))
              .filter(name -> name.startsWith("With"))
              .toList());
    }
  }

  interface Prices<K> {
    @WithRetry(value = "prices", maxAttempts = 2, delay = "0 s")
    String price(K article);

    String other(K article);
  }

  static class Shop implements Prices<String> {
    final List<String> calls = new ArrayList<>();

    @Override
    public String price(String article) {
      calls.add(article);
      if (calls.size() == 1) {
        throw unavailable("shop");
      }
      return "price of " + article;
    }

    @Override
    public String other(String article) {
      calls.add(article);
      throw unavailable("shop");
    }
  }

  @SuppressWarnings("unchecked")
  private static Prices<String> prices(Object bean) {
    return (Prices<String>) bean;
  }

  @Test
  void annotation_onAGenericInterface_holdsForTheClass() {
    for (String byClass : List.of("true", "false")) {
      Shop shop = new Shop();
      with(
          runner
              .withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class))
              .withPropertyValues("spring.aop.proxy-target-class=" + byClass),
          Prices.class,
          shop,
          (bean, resilience) -> {
            assertThat(AopUtils.isCglibProxy(bean)).isEqualTo(byClass.equals("true"));
            assertThat(prices(bean).price("apples")).isEqualTo("price of apples");
            assertThatThrownBy(() -> prices(bean).other("pears"))
                .isInstanceOf(UncheckedIOException.class);
            assertThat(shop.calls).containsExactly("apples", "apples", "pears");
          });
    }
  }

  @Test
  void annotation_withoutAspectsAndWithAopSwitchedOff_isAppliedAllTheSame() {
    Shop shop = new Shop();
    with(
        runner
            .withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class))
            .withPropertyValues("spring.aop.auto=false"),
        Prices.class,
        shop,
        (bean, resilience) -> assertThat(prices(bean).price("apples")).isNotNull());
  }

  @Test
  void annotation_secondCreatorOfProxies_isAppliedOnce() {
    Shop shop = new Shop();
    with(
        runner.withBean(
            "second", DefaultAdvisorAutoProxyCreator.class, DefaultAdvisorAutoProxyCreator::new),
        Prices.class,
        shop,
        (bean, resilience) -> {
          prices(bean).price("apples");
          assertThat(resilience.retry("prices").totals().calls()).isEqualTo(1);
        });
  }

  /** As a client that a library makes for an interface. */
  static class Client implements FactoryBean<Prices<?>> {
    int calls;

    @Override
    public Prices<?> getObject() {
      return (Prices<?>) java.lang.reflect.Proxy.newProxyInstance(
          Prices.class.getClassLoader(), new Class<?>[] {Prices.class}, (proxy, method, args) -> {
            if (method.getName().equals("price") && ++calls == 1) {
              throw unavailable("shop");
            }
            return "call " + calls;
          });
    }

    @Override
    public Class<?> getObjectType() {
      return Prices.class;
    }
  }

  @Test
  void annotation_ofAnInterfaceWithoutAClass_isApplied() {
    runner.withBean("client", Client.class, Client::new).run(context -> {
      assertThat(prices(context.getBean(Prices.class)).price("apples")).isEqualTo("call 2");
    });
  }

  @WithRetry(maxAttempts = 2, delay = "0 s")
  static class Whole {
    int calls;

    public void failing() {
      calls++;
      throw unavailable("shop");
    }

    void unprotected() {
      calls++;
      throw unavailable("shop");
    }

    @Override
    public String toString() {
      calls++;
      throw unavailable("shop");
    }
  }

  static class Derived extends Whole {}

  @Test
  void annotation_onAClass_meansItsPublicMethods() {
    for (Whole shop : List.of(new Whole(), new Derived())) {
      with(Whole.class, shop, (bean, resilience) -> {
        assertThatThrownBy(bean::failing).isInstanceOf(UncheckedIOException.class);
        assertThat(shop.calls).isEqualTo(2);
        assertThatThrownBy(bean::unprotected).isInstanceOf(UncheckedIOException.class);
        assertThat(shop.calls).isEqualTo(3);
        assertThatThrownBy(bean::toString).isInstanceOf(UncheckedIOException.class);
        assertThat(shop.calls).isEqualTo(4);
      });
    }
  }

  static class FinalMethod {
    @WithRetry
    public final void price() {}
  }

  static class PrivateMethod {
    @WithRetry
    private void price() {}
  }

  static class StaticMethod {
    @WithRetry
    static void price() {}
  }

  static class NoFallback {
    @WithRetry
    @WithFallback("none")
    public void price() {}
  }

  static class OnlyFallback {
    @WithFallback("none")
    public void price() {}

    void none() {}
  }

  static class Mixed {
    @WithRetry
    @WithPipeline("prices")
    public void price() {}
  }

  static class NotInTheInterface implements Runnable {
    @Override
    public void run() {}

    @WithRetry
    public void price() {}
  }

  @Test
  void start_annotationThatCannotWork_failsAndNamesBeanAndMethod() {
    fails(runner, FinalMethod.class, new FinalMethod(), "FinalMethod.price", "final");
    fails(runner, PrivateMethod.class, new PrivateMethod(), "PrivateMethod.price", "private");
    fails(runner, StaticMethod.class, new StaticMethod(), "StaticMethod.price", "static");
    fails(runner, NoFallback.class, new NoFallback(), "NoFallback.price", "none");
    fails(runner, OnlyFallback.class, new OnlyFallback(), "OnlyFallback.price", "@WithFallback");
    fails(runner, Mixed.class, new Mixed(), "Mixed.price", "@WithPipeline");
  }

  @Test
  void start_methodOutsideTheInterfaceOfItsProxy_fails() {
    runner
        .withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class))
        .withPropertyValues("spring.aop.proxy-target-class=false")
        .withBean("shop", NotInTheInterface.class, NotInTheInterface::new)
        .run(context -> assertThat(context.getStartupFailure())
            .rootCause()
            .isInstanceOf(ResilienceConfigurationException.class)
            .hasMessageContaining("bean 'shop'")
            .hasMessageContaining("NotInTheInterface.price")
            .hasMessageContaining("spring.aop.proxy-target-class=true"));
  }

  /** Comes before the creator of proxies, and needs a bean. */
  static class NeedsTheShop implements BeanPostProcessor, PriorityOrdered {
    NeedsTheShop(Shop shop) {
      assertThat(shop).isNotNull();
    }

    @Override
    public int getOrder() {
      return 0;
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class TooEarly {
    @Bean
    static Shop shop() {
      return new Shop();
    }

    @Bean
    static NeedsTheShop needsTheShop(Shop shop) {
      return new NeedsTheShop(shop);
    }
  }

  @Test
  void start_beanThatIsCreatedBeforeProxies_failsInsteadOfBeingUnprotected() {
    runner
        .withUserConfiguration(TooEarly.class)
        .run(context -> assertThat(context.getStartupFailure())
            .isInstanceOf(ResilienceConfigurationException.class)
            .hasMessageContaining("bean 'shop'")
            .hasMessageContaining("Shop.price")
            .hasMessageContaining("created too early"));
  }

  @Test
  void bean_withAScopedProxy_isProtectedBehindIt() {
    for (ScopedProxyMode mode : List.of(ScopedProxyMode.TARGET_CLASS, ScopedProxyMode.INTERFACES)) {
      runner
          .withInitializer(context -> {
            context.getBeanFactory().registerScope("thread", new SimpleThreadScope());
            BeanDefinitionHolder shop = new BeanDefinitionHolder(
                BeanDefinitionBuilder.rootBeanDefinition(Shop.class)
                    .setScope("thread")
                    .getBeanDefinition(),
                "shop");
            BeanDefinitionRegistry registry = (BeanDefinitionRegistry) context.getBeanFactory();
            registry.registerBeanDefinition(
                "shop",
                ScopedProxyUtils.createScopedProxy(
                        shop, registry, mode == ScopedProxyMode.TARGET_CLASS)
                    .getBeanDefinition());
          })
          .run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(prices(context.getBean("shop")).price("apples"))
                .isEqualTo("price of apples");
            assertThat(
                    context.getBean(Resilience.class).retry("prices").totals().calls())
                .isEqualTo(1);
          });
    }
  }

  /** As a repository: a proxy of Spring, for an interface, whose target has other methods. */
  static class Repository implements FactoryBean<Prices<?>> {
    int calls;

    @Override
    public Prices<?> getObject() {
      ProxyFactory factory = new ProxyFactory();
      factory.setTarget(new Object());
      factory.setInterfaces(Prices.class);
      factory.addAdvice((MethodInterceptor) invocation -> {
        if (invocation.getMethod().getName().equals("price") && ++calls == 1) {
          throw unavailable("shop");
        }
        return "call " + calls;
      });
      return (Prices<?>) factory.getProxy(Prices.class.getClassLoader());
    }

    @Override
    public Class<?> getObjectType() {
      return Prices.class;
    }
  }

  @Test
  void annotation_ofTheInterfaceOfARepository_isApplied() {
    runner.withBean("repository", Repository.class, Repository::new).run(context -> {
      assertThat(context).hasNotFailed();
      assertThat(prices(context.getBean(Prices.class)).price("apples")).isEqualTo("call 2");
    });
  }

  static class WithFinalMethod {
    public final String inherited() {
      return "price";
    }
  }

  @WithRetry(maxAttempts = 2, delay = "0 s")
  static class InheritsFinalMethod extends WithFinalMethod {
    int calls;

    public void price() {
      calls++;
      throw unavailable("shop");
    }
  }

  @WithRetry
  static class OwnFinalMethod {
    public final void price() {}
  }

  @Test
  void annotation_onAClassAboveAnInheritedFinalMethod_meansTheOthers() {
    InheritsFinalMethod shop = new InheritsFinalMethod();
    with(InheritsFinalMethod.class, shop, (bean, resilience) -> {
      assertThatThrownBy(bean::price).isInstanceOf(UncheckedIOException.class);
      assertThat(shop.calls).isEqualTo(2);
      assertThat(bean.inherited()).isEqualTo("price");
    });
    fails(runner, OwnFinalMethod.class, new OwnFinalMethod(), "OwnFinalMethod.price", "final");
  }

  /** These advices look up the call that Spring has put on the thread. */
  @Aspect
  static class AroundStages {
    final List<String> heard = new ArrayList<>();

    @Before("execution(* *..All.piped())")
    public void before() {
      heard.add("before");
    }

    @AfterReturning("execution(* *..All.piped())")
    public void returned() {
      heard.add("returned");
    }

    @After("execution(* *..All.piped())")
    public void after() {
      heard.add("after");
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAspectJAutoProxy
  static class StageAspects {
    @Bean
    AroundStages aroundStages() {
      return new AroundStages();
    }
  }

  @Test
  void aspects_ofEachKind_runAtEachAttemptOfAStage() {
    All shop = new All();
    piped
        .withUserConfiguration(StageAspects.class)
        .withPropertyValues("resilience.retry.prices.delay=1s")
        .withBean("shop", All.class, () -> shop)
        .run(context -> {
          CompletableFuture<String> price = context.getBean(All.class).piped();
          time.advance(Duration.ofSeconds(2));
          assertThat(price.join()).isEqualTo("call 2");
          assertThat(context.getBean(AroundStages.class).heard)
              .containsExactly("before", "returned", "after", "before", "returned", "after");
        });
  }

  static class Transactions extends AbstractPlatformTransactionManager {
    private static final long serialVersionUID = 1;
    final transient List<String> heard = new ArrayList<>();

    @Override
    protected Object doGetTransaction() {
      return "transaction";
    }

    @Override
    protected void doBegin(Object transaction, TransactionDefinition definition) {
      heard.add("begin");
    }

    @Override
    protected void doCommit(DefaultTransactionStatus status) {
      heard.add("commit");
    }

    @Override
    protected void doRollback(DefaultTransactionStatus status) {
      heard.add("rollback");
    }
  }

  static class Orders {
    int calls;

    @Transactional
    @WithRetry(value = "orders", maxAttempts = 2, delay = "0 s")
    @WithCircuitBreaker("orders")
    public String order() {
      if (++calls == 1) {
        throw unavailable("shop");
      }
      return "ordered";
    }

    @Cacheable("prices")
    @WithCircuitBreaker("orders")
    public String cached() {
      return "price";
    }
  }

  @Aspect
  static class Noting {
    final List<String> heard = new ArrayList<>();

    @Around("execution(* *..Orders.order())")
    Object around(ProceedingJoinPoint point) throws Throwable {
      heard.add("attempt");
      return point.proceed();
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableTransactionManagement
  @EnableCaching
  @EnableAspectJAutoProxy
  static class AllAspects {
    @Bean
    Transactions transactions() {
      return new Transactions();
    }

    @Bean
    ConcurrentMapCacheManager caches() {
      return new ConcurrentMapCacheManager();
    }

    @Bean
    Noting noting() {
      return new Noting();
    }
  }

  @Test
  void order_isOutsideTransactionsCachesAndAspects() {
    runner
        .withUserConfiguration(AllAspects.class)
        .withBean("orders", Orders.class, Orders::new)
        .run(context -> {
          Orders orders = context.getBean(Orders.class);
          Transactions transactions = context.getBean(Transactions.class);
          Resilience resilience = context.getBean(Resilience.class);

          assertThat(orders.order()).isEqualTo("ordered");
          assertThat(transactions.heard).containsExactly("begin", "rollback", "begin", "commit");
          assertThat(context.getBean(Noting.class).heard).containsExactly("attempt", "attempt");

          assertThat(orders.cached()).isEqualTo("price");
          resilience.circuitBreaker("orders").forceOpen();
          assertThatThrownBy(orders::order).isInstanceOf(CallNotPermittedException.class);
          assertThatThrownBy(orders::cached).isInstanceOf(CallNotPermittedException.class);
          assertThat(transactions.heard).hasSize(4);
        });
  }

  @Test
  void annotations_ofOneMethod_haveOneAdvisor() {
    with(
        piped,
        All.class,
        new All(),
        (shop, resilience) -> assertThat(((Advised) shop).getAdvisors())
            .singleElement()
            .isInstanceOf(ResilienceAdvisor.class));
  }
}
