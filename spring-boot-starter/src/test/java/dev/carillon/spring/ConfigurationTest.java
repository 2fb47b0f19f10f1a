package dev.carillon.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.carillon.client.CarillonClient;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;
import org.springframework.web.context.support.AnnotationConfigWebApplicationContext;

/** The keys of the configuration, in an application without a web server. */
class ConfigurationTest {
    private static final String VALID_URL = "--carillon.url=http://127.0.0.1:1";

    private static ConfigurableApplicationContext start(String... arguments) {
        return new SpringApplicationBuilder(
                        CarillonAutoConfiguration.class,
                        CarillonEmittersAutoConfiguration.class,
                        CarillonHealthAutoConfiguration.class)
                .web(WebApplicationType.NONE)
                .properties("spring.main.banner-mode=off")
                .run(arguments);
    }

    @Test
    void application_has_a_client_and_without_a_web_server_no_emitters() {
        try (ConfigurableApplicationContext context = start(VALID_URL)) {
            assertThat(context.getBeanNamesForType(CarillonClient.class)).hasSize(1);
            assertThat(context.getBeanNamesForType(CarillonEmitters.class)).isEmpty();
            assertThat(context.getBean(CarillonHealthIndicator.class)
                            .health()
                            .getStatus()
                            .getCode())
                    .isEqualTo("DOWN");
        }
    }

    @Test
    void application_can_do_without_a_cluster() {
        try (ConfigurableApplicationContext context = start("--carillon.enabled=false")) {
            assertThat(context.getBeanNamesForType(CarillonClient.class)).isEmpty();
        }
    }

    @Configuration
    static class OwnClient {
        @Bean(destroyMethod = "close")
        CarillonClient own() {
            return CarillonClient.builder(URI.create("http://127.0.0.1:1")).build();
        }
    }

    @Test
    void application_with_a_client_of_its_own_can_do_without_the_others() {
        try (AnnotationConfigWebApplicationContext context = new AnnotationConfigWebApplicationContext()) {
            context.getEnvironment()
                    .getPropertySources()
                    .addFirst(new MapPropertySource("test", Map.of("carillon.enabled", "false")));
            context.register(
                    OwnClient.class,
                    CarillonAutoConfiguration.class,
                    CarillonEmittersAutoConfiguration.class,
                    CarillonHealthAutoConfiguration.class);
            context.refresh();
            assertThat(context.getBeanNamesForType(CarillonClient.class)).containsExactly("own");
            assertThat(context.getBeanNamesForType(CarillonEmitters.class)).isEmpty();
            assertThat(context.getBeanNamesForType(CarillonHealthIndicator.class))
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--carillon.token=t | carillon.url | (none): must be the address of a cluster",
                "--carillon.url=127.0.0.1 | carillon.url | 127.0.0.1: must be an address such as http://127.0.0.1:8080",
                "--carillon.url=http://u:secret@h:1 | carillon.url | http://…: must be an address",
                "--carillon.token=two words | carillon.token | (hidden): must be the token alone",
                "--carillon.silence=0s | carillon.silence | PT0S: must be more than 0",
                "--carillon.emitters.queue=0 | carillon.emitters.queue | 0: must be 1 to 100000",
                "--carillon.emitters.heartbeat=1h | carillon.emitters.heartbeat | PT1H: must be 100ms to 5m"
            })
    void wrong_value_ends_the_start_with_the_key_the_value_and_the_rule(String argument, String key, String message) {
        Throwable failure = catchThrowable(() -> {
            try (ConfigurableApplicationContext context =
                    start(key.equals("carillon.url") ? "--debug=false" : VALID_URL, argument)) {
                assertThat(context).isNull();
            }
        });

        FailureAnalysis analysis = Objects.requireNonNull(new CarillonFailureAnalyzer().analyze(failure));
        assertThat(analysis.getDescription())
                .startsWith("The configuration of Carillon is not valid: " + key + ": " + message)
                .doesNotContain("secret", "two words");
        assertThat(analysis.getAction()).startsWith("Change " + key + ": it must be");
    }

    @Test
    void metadata_describe_every_key() throws IOException {
        String metadata = ofThisModule("META-INF/spring-configuration-metadata.json");

        assertThat(metadata)
                .contains(
                        "\"carillon.url\"",
                        "\"carillon.token\"",
                        "\"carillon.enabled\"",
                        "\"carillon.connect-timeout\"",
                        "\"carillon.emitters.max\"",
                        "\"carillon.emitters.queue-bytes\"",
                        "\"carillon.emitters.heartbeat\"",
                        "Number of events that wait for a slow client.",
                        "\"hints\"");
        assertThat(ofThisModule("META-INF/spring.factories")).contains(CarillonFailureAnalyzer.class.getName());
    }

    private static String ofThisModule(String name) throws IOException {
        return Files.readString(Path.of("target/classes", name));
    }
}
