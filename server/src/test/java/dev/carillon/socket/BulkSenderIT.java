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

/** Bulk sends to real sockets. If the system allows no io_uring, both modes use {@link DirectSender}, as in production. */
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
    private final int[] accepted = new int[COUNT];
    private BulkSender sender;
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
        sender = mode.open().orElseThrow();
    }

    @AfterEach
    void close() throws IOException {
        sender.close();
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
            // The descriptor of the directory listing is closed already.
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
            // Continue until the buffer is full.
        }
        return new String(read.array(), 0, read.position(), StandardCharsets.US_ASCII);
    }

    @Test
    void sockets_receive_the_bytes_between_position_and_limit() throws IOException {
        ByteBuffer bytes = direct(52);
        for (int turn = 0; turn < 5; turn++) {
            sender.send(sockets, COUNT, bytes, accepted);
            assertThat(accepted).containsOnly(52);
        }
        sender.send(sockets, 3, bytes, accepted);
        assertThat(bytes.remaining()).isEqualTo(52);
        String all = "abcdefghijklmnopqrstuvwxyz".repeat(2);
        for (int i = 0; i < COUNT; i++) {
            int times = i < 3 ? 6 : 5;
            assertThat(read(clients.get(i), 52 * times)).isEqualTo(all.repeat(times));
        }
    }

    @Test
    void number_of_accepted_bytes_is_reported_for_each_socket() throws IOException {
        ByteBuffer large = direct(3_000_000);
        sender.send(sockets, 2, large, accepted);
        assertThat(accepted[0]).isBetween(1, 2_999_999);
        int written = accepted[0];
        for (int turn = 0; turn < 1_000 && accepted[0] > 0; turn++) {
            sender.send(sockets, 1, large, accepted);
        }
        ByteBuffer small = direct(26);
        servers.get(5).shutdownOutput();
        clients.get(7).close();
        Arrays.fill(accepted, 99);
        sender.send(sockets, COUNT, small, accepted);
        assertThat(accepted[0]).as("full").isNegative();
        assertThat(accepted[5]).as("ended").isNegative();
        assertThat(accepted[6]).isEqualTo(26);
        assertThat(accepted[COUNT - 1]).isEqualTo(26);
        sender.send(sockets, COUNT, small, accepted);
        assertThat(accepted[7]).as("reset by the client").isNegative();

        String begin = read(clients.get(0), written);
        assertThat(begin).hasSize(written).endsWith(String.valueOf((char) ('a' + (written - 1) % 26)));
        assertThat(read(clients.get(6), 52)).hasSize(52);
    }

    @Test
    void only_the_io_uring_sender_has_a_descriptor() throws IOException {
        assertThat(rings() - descriptors).isEqualTo(sender instanceof IoUringSender ? 1 : 0);
        assertThat(sender)
                .isInstanceOfAny(
                        mode == SendMode.DIRECT ? DirectSender.class : IoUringSender.class, DirectSender.class);
    }

    @Test
    void modes_are_parsed_from_their_configuration_values() {
        assertThat(SendMode.parse("send-mode", mode.word())).isEqualTo(mode);
        assertThat(SendMode.parse("send-mode", "channel").open()).isEmpty();
        assertThatThrownBy(() -> SendMode.parse("send-mode", "fast"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("must be direct, io-uring or channel");
    }
}
