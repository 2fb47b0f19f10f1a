package dev.carillon.authorizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Text;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenFormAuthorizerTest {
    @ParameterizedTest
    @ValueSource(
            strings = {"{\"alg\":\"HS256\"}", "{ \"alg\":1}", "{\n  \"alg\":1}", "{\r\n\"alg\":1}", "{\t\"alg\":1}"})
    void a_jwt_with_any_white_space_in_its_header_has_the_form_of_one(String header) {
        String first = Base64.getUrlEncoder().withoutPadding().encodeToString(Text.utf8(header));
        assertThat(TokenFormAuthorizer.isJwt(first + ".e30.c2ln")).isTrue();
        assertThat(TokenFormAuthorizer.isJwt(first + ".e30")).isFalse();
        assertThat(TokenFormAuthorizer.isJwt(first + ".e30.c2ln.more")).isFalse();
    }

    @Test
    void other_tokens_with_points_do_not() {
        assertThat(TokenFormAuthorizer.isJwt("v1.local.ticket")).isFalse();
    }
}
