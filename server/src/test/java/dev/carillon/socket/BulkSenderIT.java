package dev.carillon.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.ConfigException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Real sockets, written to by their numbers. Where this system allows no io_uring the second one is direct, too, as it is for users. */
@Tag("own-jvm")
@ParameterizedClass
@EnumSource(
        value = SendMode.class,
        names = {"DIRECT", "IO_URING"})
class BulkSenderIT {
    private static final int COUNT = BulkSender.MAX_SOCKETS;

    private final SendMode mode;

    private final List<SocketChannel> servers = new ArrayList<>();
    private final List<SocketChannel> clients = new ArrayList<>();
    private final int[] sockets = new int[COUNT];
    private final int[] taken = new int[COUNT];
    private BulkSender sends;
    private long descriptors;

    BulkSenderIT(SendMode mode) {
        this.mode = mode;
    }

    @BeforeEach
    void connect() throws IOException {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), COUNT);
            for (int i = 0; i < COUNT; i++) {
                SocketChannel client = SocketChannel.open();
                client.setOption(StandardSocketOptions.SO_RCVBUF, 4_096);
                client.connect(listener.getLocalAddress());
                clients.add(client);
                SocketChannel server = listener.accept();
                server.configureBlocking(false);
                server.setOption(StandardSocketOptions.SO_SNDBUF, 4_096);
                servers.add(server);
                sockets[i] = SocketDescriptor.of(server);
            }
        }
        descriptors = rings();
        sends = mode.open().orElseThrow();
    }

    @AfterEach
    void close() throws IOException {
        sends.close();
        assertThat(rings()).isEqualTo(descriptors);
        for (SocketChannel socket :
                Stream.concat(servers.stream(), clients.stream()).toList()) {
            socket.close();
        }
    }

    private static long rings() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.filter(BulkSenderIT::isRing).count();
        }
    }

    private static boolean isRing(Path link) {
        try {
            return Files.readSymbolicLink(link).toString().contains("io_uring");
        } catch (IOException e) {
            // The one by which they are listed.
            return false;
        }
    }

    private static ByteBuffer direct(int size) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(size + 10).position(5).limit(5 + size);
        for (int i = 0; i < size; i++) {
            bytes.put(5 + i, (byte) ('a' + i % 26));
        }
        return bytes;
    }

    private static String read(SocketChannel client, int size) throws IOException {
        ByteBuffer read = ByteBuffer.allocate(size);
        while (read.hasRemaining() && client.read(read) >= 0) {
            // Goes on.
        }
        return new String(read.array(), 0, read.position(), StandardCharsets.US_ASCII);
    }

    @Test
    void each_socket_has_the_bytes_between_position_and_limit() throws IOException {
        ByteBuffer bytes = direct(52);
        for (int turn = 0; turn < 5; turn++) {
            sends.send(sockets, COUNT, bytes, taken);
            assertThat(taken).containsOnly(52);
        }
        sends.send(sockets, 3, bytes, taken);
        assertThat(bytes.remaining()).isEqualTo(52);
        String all = "abcdefghijklmnopqrstuvwxyz".repeat(2);
        for (int i = 0; i < COUNT; i++) {
            int times = i < 3 ? 6 : 5;
            assertThat(read(clients.get(i), 52 * times)).isEqualTo(all.repeat(times));
        }
    }

    @Test
    void what_a_socket_took_is_told_at_its_place() throws IOException {
        ByteBuffer large = direct(3_000_000);
        sends.send(sockets, 2, large, taken);
        assertThat(taken[0]).isBetween(1, 2_999_999);
        int first = taken[0];
        for (int turn = 0; turn < 1_000 && taken[0] > 0; turn++) {
            sends.send(sockets, 1, large, taken);
        }
        ByteBuffer small = direct(26);
        servers.get(5).shutdownOutput();
        clients.get(7).close();
        Arrays.fill(taken, 99);
        sends.send(sockets, COUNT, small, taken);
        assertThat(taken[0]).as("full").isNegative();
        assertThat(taken[5]).as("ended").isNegative();
        assertThat(taken[6]).isEqualTo(26);
        assertThat(taken[COUNT - 1]).isEqualTo(26);
        sends.send(sockets, COUNT, small, taken);
        assertThat(taken[7]).as("reset by the client").isNegative();

        String begin = read(clients.get(0), first);
        assertThat(begin).hasSize(first).endsWith(String.valueOf((char) ('a' + (first - 1) % 26)));
        assertThat(read(clients.get(6), 52)).hasSize(52);
    }

    @Test
    void only_the_ring_has_a_descriptor() throws IOException {
        assertThat(rings() - descriptors).isEqualTo(sends instanceof IoUringSender ? 1 : 0);
        assertThat(sends)
                .isInstanceOfAny(
                        mode == SendMode.DIRECT ? DirectSender.class : IoUringSender.class, DirectSender.class);
    }

    @Test
    void words_are_those_of_the_configuration() {
        assertThat(SendMode.parse("send-mode", mode.word())).isEqualTo(mode);
        assertThat(SendMode.parse("send-mode", "channel").open()).isEmpty();
        assertThatThrownBy(() -> SendMode.parse("send-mode", "fast"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("must be direct, io-uring or channel");
    }
}
