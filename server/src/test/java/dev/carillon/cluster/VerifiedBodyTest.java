package dev.carillon.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.secret.Secrets;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies of streamed calls as they are sent, and what a node accepts of them. */
class VerifiedBodyTest {
    private static final CallSigner.NodeIdentity CALLER = new CallSigner.NodeIdentity("n1", 1);
    private static final CallSigner.NodeIdentity CALLEE = new CallSigner.NodeIdentity("n2", 7);
    private static final StreamedCall CALL = new StreamedCall("pages", "{\"über\":\"\u0001\"}");
    private static final int PART = CallParts.HEAD_BYTES + CallParts.MAX_BYTES;
    private static final int LIMIT = 200_000;

    private final Secrets secrets = new Secrets(List.of("a secret of the tests"));
    private final CallSigner signer = new CallSigner(secrets, CALLER, InstantSource.system(), new SecureRandom());
    private final CallVerifier verifier =
            new CallVerifier(secrets, CALLEE, InstantSource.system(), System::nanoTime, new SimpleMeterRegistry());

    private static final class Sent {
        private final String header;
        private final byte[] bytes;

        Sent(String header, byte[] bytes) {
            this.header = header;
            this.bytes = bytes;
        }

        /** Where the first part begins. */
        int parts() {
            return Integer.BYTES + ByteBuffer.wrap(bytes).getInt();
        }
    }

    private static byte[] content(int length) {
        byte[] content = new byte[length];
        new Random(length).nextBytes(content);
        return content;
    }

    private Sent sent(byte[] content) throws IOException {
        CallSigner.Stream stream = signer.signStream(CALLEE, "POST", Control.STREAMS, CALL.bytes());
        try (SignedBody body =
                new SignedBody(stream.parts(), CALL.bytes(), new ByteArrayInputStream(content), System::nanoTime)) {
            return new Sent(stream.header(), body.readAllBytes());
        }
    }

    private VerifiedBody received(Sent sent) {
        return new VerifiedBody(
                verifier.accept("POST", Control.STREAMS, List.of(sent.header)),
                new ByteArrayInputStream(sent.bytes),
                LIMIT);
    }

    private byte[] read(Sent sent) throws IOException {
        VerifiedBody body = received(sent);
        assertThat(body.head()).isEqualTo(CALL);
        return body.content().readAllBytes();
    }

    private void refuses(Sent sent, ErrorCode code) {
        assertThatThrownBy(() -> read(sent))
                .isInstanceOfSatisfying(
                        CarillonException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1_023, 1_024, 16_383, 16_384, 16_385, 100_000, LIMIT})
    void body_is_received_as_it_was_sent(int length) throws IOException {
        assertThat(read(sent(content(length)))).isEqualTo(content(length));
    }

    @Test
    void changed_byte_is_refused() throws IOException {
        int parts = sent(content(40_000)).parts();
        for (int at : new int[] {10, parts + 10, parts + PART + 1_000, parts + PART - 1}) {
            Sent sent = sent(content(40_000));
            sent.bytes[at] ^= 1;

            refuses(sent, ErrorCode.CALL_REFUSED);
        }
    }

    @Test
    void parts_in_another_order_are_refused() throws IOException {
        Sent sent = sent(content(40_000));
        byte[] swapped = sent.bytes.clone();
        System.arraycopy(sent.bytes, sent.parts(), swapped, sent.parts() + PART, PART);
        System.arraycopy(sent.bytes, sent.parts() + PART, swapped, sent.parts(), PART);

        refuses(new Sent(sent.header, swapped), ErrorCode.CALL_REFUSED);
    }

    @Test
    void body_that_ends_early_is_refused() throws IOException {
        Sent whole = sent(content(40_000));
        // Between two parts, in a part, and before the last, empty part.
        for (int length :
                new int[] {whole.parts() + PART, whole.parts() + 100, whole.bytes.length - CallParts.HEAD_BYTES}) {
            Sent sent = sent(content(40_000));
            refuses(new Sent(sent.header, Arrays.copyOf(sent.bytes, length)), ErrorCode.INVALID_REQUEST);
        }
    }

    @Test
    void parts_of_another_call_are_refused() throws IOException {
        Sent sent = sent(content(40_000));
        Sent other = sent(content(40_000));

        refuses(new Sent(other.header, sent.bytes), ErrorCode.CALL_REFUSED);
    }

    @Test
    void body_beyond_the_limit_is_refused() throws IOException {
        refuses(sent(content(LIMIT + 1)), ErrorCode.TOO_LARGE);
    }

    @Test
    void failure_of_the_content_is_kept_for_the_caller() throws IOException {
        CarillonException failure = new CarillonException(ErrorCode.TOO_LARGE, "the body has more than 7 bytes");
        CallSigner.Stream stream = signer.signStream(CALLEE, "POST", Control.STREAMS, CALL.bytes());
        try (SignedBody body = new SignedBody(
                stream.parts(),
                CALL.bytes(),
                new InputStream() {
                    @Override
                    public int read() {
                        throw failure;
                    }

                    @Override
                    public int read(byte[] into, int offset, int length) {
                        throw failure;
                    }
                },
                System::nanoTime)) {
            assertThatThrownBy(body::readAllBytes).isInstanceOf(IOException.class);
            assertThat(body.failure()).isSameAs(failure);
        }
    }
}
