import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Prints a token for a user: java Token.java ann. The key is in the file CARILLON_JWT_KEY_FILE, or in CARILLON_JWT_KEY. */
class Token {
    public static void main(String[] args) throws Exception {
        if (args.length != 1) {
            fail("usage: Token USER");
        }
        byte[] key = key();
        if (key.length < 32) {
            fail("set CARILLON_JWT_KEY_FILE or CARILLON_JWT_KEY: a key of at least 32 bytes");
        }
        long now = Instant.now().getEpochSecond();
        String text = encoded("{\"alg\":\"HS256\",\"typ\":\"JWT\"}".getBytes(StandardCharsets.UTF_8)) + "."
                + encoded(claims(args[0], now).getBytes(StandardCharsets.UTF_8));
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        System.out.println(text + "." + encoded(mac.doFinal(text.getBytes(StandardCharsets.US_ASCII))));
    }

    private static String claims(String user, long now) {
        return """
                {"sub":%s,"iat":%d,"exp":%d,"carillon":{"broadcast":["topic:orders"],"read":["topic:orders"]}}"""
                .formatted(quoted(user), now, now + 3600);
    }

    private static byte[] key() throws Exception {
        String file = System.getenv("CARILLON_JWT_KEY_FILE");
        if (file == null || file.isEmpty()) {
            String key = System.getenv("CARILLON_JWT_KEY");
            return key == null ? new byte[0] : key.getBytes(StandardCharsets.UTF_8);
        }
        byte[] content = Files.readAllBytes(Path.of(file));
        int end = content.length;
        while (end > 0 && (content[end - 1] == '\n' || content[end - 1] == '\r')) {
            end--; // the line break at the end is no part of the key
        }
        return java.util.Arrays.copyOf(content, end);
    }

    private static String encoded(byte[] content) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(content);
    }

    /** As a JSON string. */
    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            quoted.append(c < ' ' || c == '"' || c == '\\' ? "\\u%04x".formatted((int) c) : String.valueOf(c));
        }
        return quoted.append('"').toString();
    }

    private static void fail(String message) {
        System.err.println(message);
        System.exit(1);
    }
}
