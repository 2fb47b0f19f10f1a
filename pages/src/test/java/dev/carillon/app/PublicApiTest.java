package dev.carillon.app;

import dev.carillon.PublicApi;
import java.io.IOException;
import java.net.URISyntaxException;
import org.junit.jupiter.api.Test;

/** Every change of what applications can use is seen in a review: the text beside this test has it. */
class PublicApiTest {
    @Test
    void text_of_the_public_api_is_up_to_date() throws IOException, URISyntaxException {
        PublicApi.requireReviewed(App.class);
    }
}
