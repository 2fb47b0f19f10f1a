package dev.carillon.lab.bench;

import dev.carillon.process.TestServer;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * Publishes to a Redis or NATS server on this machine in the server's own protocol. Each message is acknowledged and not stored: the baseline for a
 * broker without a log. For one thread.
 */
public final class PlainPublisher implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 10_000;
    private static final String SUBJECT = "bench";

    private final Socket socket = new Socket();
    private final InputStream in;
    private final byte[] message;
    private final String answer;

    /** @param bytes size of a message */
    public PlainPublisher(TestServer server, int bytes) throws IOException {
        String data = "x".repeat(bytes);
        boolean nats = server.scheme().equals("nats");
        this.message = (nats
                        ? "PUB " + SUBJECT + " " + bytes + "\r\n" + data + "\r\n"
                        : "*3\r\n$7\r\nPUBLISH\r\n$" + SUBJECT.length() + "\r\n" + SUBJECT + "\r\n$" + bytes + "\r\n"
                                + data + "\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        this.answer = nats ? "+OK" : ":0";
        try {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()), TIMEOUT_MILLIS);
            this.in = new BufferedInputStream(socket.getInputStream());
            if (nats) {
                String _ = line();
                send("CONNECT {\"verbose\":true}\r\n".getBytes(StandardCharsets.US_ASCII));
                awaitAnswers(1);
            }
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** Sends messages in one batch and blocks until all are acknowledged. */
    public void publish(int count) throws IOException {
        byte[] all = new byte[message.length * count];
        for (int i = 0; i < count; i++) {
            System.arraycopy(message, 0, all, i * message.length, message.length);
        }
        send(all);
        awaitAnswers(count);
    }

    private void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    private void awaitAnswers(int count) throws IOException {
        int remaining = count;
        while (remaining > 0) {
            String line = line();
            if (line.equals(answer)) {
                remaining--;
            } else if (line.equals("PING")) {
                send("PONG\r\n".getBytes(StandardCharsets.US_ASCII));
                // A verbose connection acknowledges the PONG, too.
                remaining++;
            } else {
                throw new IOException("the server answered " + line);
            }
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the server closed the connection");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
