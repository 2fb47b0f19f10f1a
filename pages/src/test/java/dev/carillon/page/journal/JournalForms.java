package dev.carillon.page.journal;

import dev.carillon.scope.Scope;
import dev.carillon.wire.WireForm;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** The journal of a page. */
public final class JournalForms {
    private JournalForms() {}

    public static List<WireForm> all() {
        byte[] now = JournalText.write(new JournalEntry(
                new JournalEntry.Owner("n1", 7, "life"),
                new JournalEntry.Client("session", "ann"),
                new JournalEntry.Source("/rooms/{id}", "/rooms/7", "a=1", Map.of("who", "ann")),
                Map.of("n", "1"),
                Set.of(Scope.topic("room:1")),
                new JournalEntry.Actions(List.of("a1.add"), List.of("a0.pay"))));
        String text = new String(now, StandardCharsets.UTF_8);
        return List.of(WireForm.text(
                "journal of a page",
                Journals.class,
                now,
                text.replace("\n", "\tmore\n") + "later\tx\ny\njoined\tgroup:admins\n",
                "carillon-page\t1\nowner\tn1\t7\tlife\nsession\tsession\npage\t/a\t/a\t\n",
                bytes -> Objects.requireNonNull(JournalText.read(bytes))));
    }
}
