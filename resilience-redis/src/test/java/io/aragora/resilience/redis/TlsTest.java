package io.aragora.resilience.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server with a certificate that the JVM trusts, or does not. */
class TlsTest {
  private static final String TRUST_STORE = "javax.net.ssl.trustStore";

  @TempDir
  private Path folder;

  private Path keys;

  private void generate() throws Exception {
    keys = folder.resolve("keys.p12");
    Process keytool = new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair",
            "-alias",
            "redis",
            "-keyalg",
            "EC",
            "-groupname",
            "secp256r1",
            "-dname",
            "CN=redis",
            "-ext",
            "san=ip:127.0.0.1",
            "-keystore",
            keys.toString(),
            "-storetype",
            "PKCS12",
            "-storepass",
            "changeit")
        .inheritIO()
        .start();
    assertThat(keytool.waitFor()).isZero();
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keys)) {
      store.load(in, "changeit".toCharArray());
    }
    write(
        "key.pem",
        "PRIVATE KEY",
        store.getKey("redis", "changeit".toCharArray()).getEncoded());
    write("cert.pem", "CERTIFICATE", store.getCertificate("redis").getEncoded());
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("redis", store.getCertificate("redis"));
    try (var out = Files.newOutputStream(folder.resolve("trusted.p12"))) {
      trusted.store(out, "changeit".toCharArray());
    }
  }

  private void write(String file, String kind, byte[] content) throws Exception {
    String text = Base64.getMimeEncoder(64, "\n".getBytes()).encodeToString(content);
    Files.writeString(
        folder.resolve(file),
        "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n");
  }

  @Test
  @DisplayName("rediss: leases from a server whose certificate the JVM trusts, and from no other")
  void tls_certificate_isChecked() throws Exception {
    generate();
    int port = RedisServer.freePort();
    RedisServer started;
    try {
      started = RedisServer.start(
          "--tls-port",
          "" + port,
          "--tls-cert-file",
          folder.resolve("cert.pem").toString(),
          "--tls-key-file",
          folder.resolve("key.pem").toString(),
          "--tls-ca-cert-file",
          folder.resolve("cert.pem").toString(),
          "--tls-auth-clients",
          "no");
    } catch (java.io.IOException e) {
      Assumptions.abort("skipped: the server is built without TLS: " + e.getMessage());
      return;
    }
    try (RedisServer server = started) {
      String location =
          server.patient("x").replace("redis:", "rediss:").replace(":" + server.port(), ":" + port);

      assertThatThrownBy(() -> new RedisQuotaStoreProvider().open(location))
          .isInstanceOf(QuotaStoreException.class)
          .hasMessageContaining("certification path")
          .hasMessageNotContaining("battery");
      System.setProperty(TRUST_STORE, folder.resolve("trusted.p12").toString());
      System.setProperty(TRUST_STORE + "Password", "changeit");
      try (QuotaStore store = new RedisQuotaStoreProvider().open(location)) {
        assertThat(store
                .lease(QuotaRequest.builder().quota("q").burst(3).wanted(5).build())
                .granted())
            .isEqualTo(3);
      } finally {
        System.clearProperty(TRUST_STORE);
        System.clearProperty(TRUST_STORE + "Password");
      }
    }
  }
}
