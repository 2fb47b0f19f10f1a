package dev.carillon.spring;

import com.example.shop.ShopApplication;
import dev.carillon.junit.CarillonNode;
import java.util.Objects;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

/** A started application of the tests. */
record Shop(ConfigurableApplicationContext context) implements AutoCloseable {
    static Shop start(CarillonNode carillon) {
        return start(carillon, 0);
    }

    /** @param port 0: any free one */
    static Shop start(CarillonNode carillon, int port) {
        String token = carillon.token().broadcast("topic:*").read("topic:*").build();
        return new Shop(new SpringApplicationBuilder(ShopApplication.class)
                .run(
                        "--server.port=" + port,
                        "--server.address=127.0.0.1",
                        "--spring.main.banner-mode=off",
                        "--management.endpoint.health.show-details=always",
                        "--carillon.url=" + carillon.url() + "," + carillon.url(carillon.nodes() - 1),
                        "--carillon.token=" + token));
    }

    int port() {
        return Objects.requireNonNull(((WebServerApplicationContext) context).getWebServer())
                .getPort();
    }

    CarillonEmitters emitters() {
        return context.getBean(CarillonEmitters.class);
    }

    @Override
    public void close() {
        context.close();
    }
}
