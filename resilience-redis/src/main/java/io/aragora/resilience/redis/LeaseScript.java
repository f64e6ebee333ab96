package io.aragora.resilience.redis;

import io.aragora.resilience.quota.QuotaLease;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One lease as a script, which the server runs as one atomic step. Its keys, its arguments, and its answer. */
final class LeaseScript {
  /*
   * Layout: a hash with the fields level, at and settings, and a sorted set of the instances by the time of their last request. Both
   * names have the quota's in braces, so that a cluster has both keys on one node. Times are microseconds of the server's clock.
   *
   * Rounding: what is earned is lowered by 10^-15 of itself, more than its five roundings can add, and sums are rounded down. So a quota
   * never earns more than its limit. The level has 17 digits, all that a double has, so a request more loses no part of a permit.
   *
   * Bounds: instances that did not ask are removed by each request, and of more than 10,000 the oldest. The sorted set expires after
   * MEMBERSHIP, the hash after thirty days, or when the quota is full if that is later, at the latest after ten years.
   *
   * Foreign data: the hash must have exactly its three fields, and its numbers must be finite; the first and the last member of the
   * sorted set must have the form of an identity. The script runs no stored text. It reads and checks both keys before it writes to
   * either, since Redis does not undo the writes of a script that fails.
   */

  /** The code of the error if a key holds other data. */
  static final String FOREIGN = "FOREIGN";

  static final int MAX_INSTANCES = 10_000;

  private static final int MAX_SETTINGS = 10_000;

  /** The maximum length of a policy's kind and name, in characters; each has at most five bytes in a key. */
  static final int MAX_NAME = 20_000;

  private static final int MAX_NUMBER = 40;
  private static final int PARTS = 4;
  private static final Duration LEAST_LIFE = Duration.ofDays(30);
  private static final Duration LONGEST_LIFE = Duration.ofDays(3_650);
  private static final double NANOS_PER_MICRO = 1e3;
  private static final HexFormat HEX = HexFormat.of();
  private static final Pattern WHOLE = Pattern.compile("[0-9]{1,10}");

  private static final String TEXT = """
      local quota, members, settings, instance = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
      local limit, period, burst = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
      local full, wanted, earned, spent = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
      local membership, tenure, most = tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12])
      local least_life, longest_life, longest_text = tonumber(ARGV[13]), tonumber(ARGV[14]), tonumber(ARGV[15])

      local function sum_down(a, b)
        local s = a + b
        local large, small = a, b
        if math.abs(a) < math.abs(b) then large, small = b, a end
        if s - large > small then s = s - math.abs(s) * 2.3e-16 end
        return s
      end

      local time = redis.call('TIME')
      local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
      local foreign = redis.error_reply('FOREIGN the key holds other data than a quota')

      for _, rank in ipairs({0, -1}) do
        local found = redis.pcall('ZRANGE', members, rank, rank)
        if found.err then return found end
        local member = found[1]
        if member and not (#member == 36 and string.match(member, '^%x+-%x+-%x+-%x+-%x+$')) then
          return foreign
        end
      end

      local level, at, owner
      local fields = redis.pcall('HLEN', quota)
      if type(fields) == 'table' then return fields end
      if fields == 0 then
        level, at, owner = full == '1' and burst or 0, now, settings
      else
        local stored = redis.call('HMGET', quota, 'level', 'at', 'settings')
        level, at, owner = tonumber(stored[1] or ''), tonumber(stored[2] or ''), stored[3]
        if fields ~= 3 or not level or not at or not owner or #owner > longest_text
            or not (math.abs(level) < 1e300) or not (at >= 0 and at < 1e17) then
          return foreign
        end
      end

      redis.call('ZADD', members, string.format('%.0f', now), instance)
      redis.call('ZREMRANGEBYSCORE', members, '-inf', string.format('(%.0f', now - membership))
      redis.call('ZREMRANGEBYSCORE', members, string.format('(%.0f', now + membership), '+inf')
      local instances = redis.call('ZCARD', members)
      if instances > most then
        redis.call('ZREMRANGEBYRANK', members, 0, instances - most - 1)
        instances = most
      end
      redis.call('PEXPIRE', members, string.format('%.0f', membership / 1000 + 1))

      local answer = '%.0f %.17g %.0f '
      if owner ~= settings and math.abs(now - at) <= tenure then
        return string.format(answer, 0, level, instances) .. owner
      end

      local function add(permits)
        level = math.min(burst, sum_down(level, math.min(permits, 1e300)))
      end
      add(math.max(0, now - at) * limit / period * (1 - 1e-15))
      add(earned)
      level = sum_down(level, -spent)
      local granted = math.max(0, math.min(wanted, math.floor(level)))
      level = level - granted

      redis.call('HSET', quota, 'level', string.format('%.17g', level), 'at', string.format('%.0f', now), 'settings', settings)
      local life = least_life
      if limit > 0 then life = math.max(life, (burst - level) * period / limit / 1000) end
      redis.call('PEXPIRE', quota, string.format('%.0f', math.min(life, longest_life)))
      return string.format(answer, granted, level, instances)
      """;

  private static final byte[] SCRIPT = TEXT.getBytes(StandardCharsets.US_ASCII);

  private LeaseScript() {}

  static byte[] script() {
    return SCRIPT.clone();
  }

  static byte[][] keys(String prefix, String quota) throws QuotaStoreException {
    if (quota.length() > MAX_NAME) {
      throw QuotaStoreException.ofOneQuota(
          "the name of a quota must have at most " + MAX_NAME + " characters: " + quota.length(),
          null);
    }
    String key = prefix + ":{" + encoded(quota) + "}:";
    return new byte[][] {bytes(key + "quota"), bytes(key + "instances")};
  }

  /** Different names have different keys, whatever characters they have, and no name ends the braces or is empty. */
  private static String encoded(String name) {
    StringBuilder encoded = new StringBuilder(name.length() + 1).append('=');
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c > ' ' && c <= '~' && c != '%' && c != '{' && c != '}') {
        encoded.append(c);
      } else {
        encoded.append('%').append(HEX.toHexDigits(c));
      }
    }
    return encoded.toString();
  }

  static byte[][] arguments(QuotaRequest request) throws QuotaStoreException {
    return new byte[][] {
      settings(request),
      bytes(request.instance().toString()),
      number(request.limit()),
      number(micros(request.period())),
      number(request.burst()),
      bytes(request.startsFull() ? "1" : "0"),
      number(request.wanted()),
      number(request.earned()),
      bytes(Long.toString(request.spent())),
      number(micros(QuotaStore.MEMBERSHIP)),
      number(micros(QuotaStore.TENURE)),
      number(MAX_INSTANCES),
      bytes(Long.toString(LEAST_LIFE.toMillis())),
      bytes(Long.toString(LONGEST_LIFE.toMillis())),
      number(MAX_SETTINGS)
    };
  }

  private static byte[] settings(QuotaRequest request) throws QuotaStoreException {
    byte[] settings = request.settings().getBytes(StandardCharsets.UTF_8);
    if (settings.length > MAX_SETTINGS) {
      throw QuotaStoreException.ofOneQuota(
          "settings of a quota must have at most " + MAX_SETTINGS + " bytes in UTF-8: "
              + settings.length,
          null);
    }
    return settings;
  }

  private static double micros(Duration duration) {
    return (double) duration.getSeconds() * TimeUnit.SECONDS.toMicros(1)
        + duration.getNano() / NANOS_PER_MICRO;
  }

  private static byte[] number(double value) {
    return bytes(Double.toString(value));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Interprets an answer: the numbers of permits, of those left, and of instances; then the settings of the quota if they differ. */
  static QuotaLease lease(QuotaRequest request, RedisLocation location, byte @Nullable [] answer)
      throws QuotaStoreException {
    if (answer != null && answer.length <= MAX_SETTINGS + PARTS * MAX_NUMBER) {
      String[] parts = new String(answer, StandardCharsets.UTF_8).split(" ", PARTS);
      if (parts.length == PARTS
          && WHOLE.matcher(parts[0]).matches()
          && parts[1].length() <= MAX_NUMBER
          && WHOLE.matcher(parts[2]).matches()) {
        String owner = parts[3].isEmpty() ? null : parts[3];
        long granted = Long.parseLong(parts[0]);
        long instances = Long.parseLong(parts[2]);
        double left = number(parts[1]);
        if (granted <= (owner == null ? request.wanted() : 0)
            && Double.isFinite(left)
            && instances >= 1
            && instances <= MAX_INSTANCES) {
          return QuotaLease.builder()
              .granted((int) granted)
              .left(left)
              .instances((int) instances)
              .otherSettings(owner)
              .build();
        }
      }
    }
    throw new QuotaStoreException(
        "cannot lease from " + location + ": the answer is not one of the script; check that the"
            + " server is Redis 6.2 or Valkey 7.2, or later",
        null);
  }

  private static double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }
}
