package io.aragora.resilience.core.settings;

import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryConfig;
import java.util.List;
import java.util.function.BiConsumer;

/** A setting of a retry that can be given from outside the code. */
enum RetrySetting implements PolicySetting<RetryDraft> {
  MAX_ATTEMPTS("maxAttempts", (draft, text) -> draft.builder().maxAttempts(text.whole())),
  BACKOFF(
      "backoff",
      (draft, text) ->
          draft.strategy(text.oneOf("exponential", "linear", "constant", "fibonacci"))),
  DELAY("delay", (draft, text) -> draft.delay(text.duration())),
  MAX_DELAY("maxDelay", (draft, text) -> draft.maxDelay(text.duration())),
  JITTER(
      "jitter",
      (draft, text) -> draft.jitter(Jitter.named(
          text.oneOf("none", "full", "equal", "additive", "multiplicative", "decorrelated")))),
  JITTER_FACTOR("jitterFactor", (draft, text) -> draft.jitterFactor(text.decimal())),
  MAX_DURATION(
      "maxDuration",
      (draft, text) ->
          draft.builder().maxDuration(text.isOff() ? Setting.LONGEST : text.duration())),
  RETRY_REJECTIONS(
      "retryRejections", (draft, text) -> draft.builder().retryRejections(text.isTrue())),
  RETRY_WHEN_NESTED(
      "retryWhenNested", (draft, text) -> draft.builder().retryWhenNested(text.isTrue()));

  static final SettingGroup<RetryConfig, RetryDraft> GROUP = new SettingGroup<>(
      "retry",
      "resilience.retry.",
      List.of(values()),
      RetryConfig.defaults(),
      RetryDraft::new,
      RetryDraft::finish,
      RetryConfig::ignoresExternalConfig);

  private final String key;

  @SuppressWarnings("ImmutableEnumChecker") // the lambdas capture nothing
  private final BiConsumer<RetryDraft, SettingText> writer;

  RetrySetting(String key, BiConsumer<RetryDraft, SettingText> writer) {
    this.key = key;
    this.writer = writer;
  }

  @Override
  public String key() {
    return key;
  }

  @Override
  public String variable() {
    return "ARAGORA_RETRY_" + name();
  }

  @Override
  public void write(RetryDraft draft, SettingText text) {
    writer.accept(draft, text);
  }
}
