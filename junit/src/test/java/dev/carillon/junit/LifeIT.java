package dev.carillon.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs test classes of an application by the launcher of JUnit. */
class LifeIT {
    private static final Set<Integer> PORTS = Collections.synchronizedSet(new LinkedHashSet<>());

    /** Not found by the build: only this class runs those nested in it. */
    static final class OfAClass {
        @RegisterExtension
        static final CarillonNode CARILLON = CarillonNode.inMemory().build();

        @Test
        void one() throws Exception {
            broadcast(CARILLON);
        }

        @Nested
        class Inner {
            @Test
            void two() throws Exception {
                broadcast(CARILLON);
            }
        }
    }

    static final class OfEachTest {
        @RegisterExtension
        final CarillonNode carillon = CarillonNode.inMemory().build();

        @Test
        void one() throws Exception {
            broadcast(carillon);
        }

        @Test
        void two() throws Exception {
            broadcast(carillon);
        }
    }

    @CarillonTest(settings = "anonymous=false")
    static final class AsParameter {
        private final CarillonNode ofConstructor;

        AsParameter(CarillonNode carillon) {
            ofConstructor = carillon;
        }

        @Test
        void one(CarillonNode carillon) throws Exception {
            Assertions.assertThat(carillon).isSameAs(ofConstructor);
            broadcast(carillon);
        }

        @Nested
        class Inner {
            @Test
            void two(CarillonNode carillon) throws Exception {
                Assertions.assertThat(carillon).isSameAs(ofConstructor);
                broadcast(carillon);
            }
        }
    }

    @CarillonTest(perMethod = true)
    static final class AsParameterOfEachTest {
        @Test
        void one(CarillonNode carillon) throws Exception {
            broadcast(carillon);
        }

        @Test
        void two(CarillonNode carillon) throws Exception {
            broadcast(carillon);
        }
    }

    @CarillonTest(settings = "anonymous")
    static final class WithAWrongSetting {
        @Test
        void one(CarillonNode carillon) {
            Assertions.assertThat(carillon).isNotNull();
        }
    }

    @CarillonTest
    static final class ThatFails {
        @Test
        void one(CarillonNode carillon) throws Exception {
            broadcast(carillon);
            carillon.broadcasts()
                    .expect(Scope.user("42"))
                    .within(Duration.ofMillis(1))
                    .once();
        }
    }

    private static void broadcast(CarillonNode carillon) throws ExecutionException, InterruptedException {
        PORTS.add(carillon.url().getPort());
        carillon.broadcasts().expectAny().never();
        carillon.broadcaster()
                .broadcast(Event.to(Scope.GLOBAL).data("x").build())
                .toCompletableFuture()
                .get();
        carillon.broadcasts().expectAny().once();
    }

    /** Runs a class; the messages of its failures. */
    private static List<String> failures(Class<?> tests) {
        PORTS.clear();
        List<String> failures = new ArrayList<>();
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(tests))
                .configurationParameter("junit.jupiter.extensions.autodetection.enabled", "false")
                .build();
        Launcher launcher = LauncherFactory.create(LauncherConfig.builder()
                .enableTestExecutionListenerAutoRegistration(false)
                .build());
        launcher.execute(request, new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                result.getThrowable().ifPresent(e -> failures.add(e.getMessage()));
            }
        });
        return failures;
    }

    private static void assertClosed(int nodes) {
        assertThat(PORTS)
                .hasSize(nodes)
                .allSatisfy(port -> Assertions.assertThatThrownBy(
                                () -> new Socket(InetAddress.getLoopbackAddress(), port).close())
                        .isInstanceOf(ConnectException.class));
    }

    @Test
    void node_of_a_class_runs_for_its_tests_and_those_of_nested_classes() {
        assertThat(failures(OfAClass.class)).isEmpty();
        assertClosed(1);

        assertThat(failures(AsParameter.class)).isEmpty();
        assertClosed(1);
    }

    @Test
    void node_of_each_test_is_another_one() {
        assertThat(failures(OfEachTest.class)).isEmpty();
        assertClosed(2);

        assertThat(failures(AsParameterOfEachTest.class)).isEmpty();
        assertClosed(2);
    }

    @Test
    void failures_say_what_is_wrong() {
        assertThat(failures(WithAWrongSetting.class))
                .singleElement()
                .asString()
                .contains("settings: must have the form name=value");
        assertThat(failures(ThatFails.class))
                .containsExactly("expected 1 broadcast to user:42 within 1 ms, but there was none. Broadcast were:\n"
                        + "  - global, type \"message\", data \"x\" (another scope)");
        assertClosed(1);
    }
}
