package dev.carillon.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RandomIdsTest {
    @Test
    void uuid_has_the_version_and_the_variant_of_a_random_one_and_all_other_bits_of_the_source() {
        assertThat(RandomIds.uuid(filling((byte) 0xFF))).hasToString("ffffffff-ffff-4fff-bfff-ffffffffffff");
        assertThat(RandomIds.uuid(filling((byte) 0))).hasToString("00000000-0000-4000-8000-000000000000");
        UUID random = RandomIds.uuid(new SecureRandom());
        assertThat(random.version()).isEqualTo(4);
        assertThat(random.variant()).isEqualTo(2);
    }

    @SuppressWarnings("serial") // never is
    private static SecureRandom filling(byte value) {
        return new SecureRandom() {
            @Override
            public void nextBytes(byte[] bytes) {
                Arrays.fill(bytes, value);
            }
        };
    }
}
