package io.aragora.resilience.kotlin

import io.aragora.resilience.Resilience
import org.assertj.core.api.Assertions.assertThat
import org.junit.jupiter.api.Test

internal class ConfigsTest {
    /** The receiver is the builder itself, so each of its settings is reachable. */
    @Test
    fun everyConfig_ofAPolicy_hasAFunctionOnItsBuilder() {
        val functions = Class.forName("io.aragora.resilience.kotlin.ConfigsKt").methods
            .filter { it.declaringClass != Any::class.java && it.parameterCount == 1 }
            .associate { it.returnType to it.name }
        val configs = Resilience::class.java.methods
            .flatMap { it.parameterTypes.toList() }
            .filter { it.simpleName.endsWith("Config") }
            .toSet()
        assertThat(configs).hasSizeGreaterThan(10)
        assertThat(functions.keys).containsExactlyInAnyOrderElementsOf(configs)
        functions.forEach { (config, name) ->
            assertThat(name).isEqualTo(config.simpleName.replaceFirstChar { it.lowercase() })
            assertThat(config.declaredClasses.map { it.simpleName }).contains("Builder")
        }
    }

    @Test
    fun settings_inBraces_areThoseOfTheConfig() {
        val config = circuitBreakerConfig {
            failureThreshold(3)
            halfOpenMaxCalls(2)
        }
        assertThat(config.failureThreshold()).isEqualTo(3)
        assertThat(config.halfOpenMaxCalls()).isEqualTo(2)
    }
}
