package dev.carillon.examples.pages;

import dev.carillon.page.Action;
import dev.carillon.page.Html;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.scope.Scope;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Chat rooms: the path names the room, and a topic holds its messages. What users type is escaped. */
final class Chat {
    /** With their longest texts these fit into a signal, which has 16 KiB. */
    private static final int KEPT = 20;

    private static final SignalType<List<Message>> MESSAGES = Rows.of(
            2, message -> List.of(message.name(), message.text()), fields -> new Message(fields.get(0), fields.get(1)));

    private Chat() {}

    enum Room {
        LOBBY,
        KITCHEN,
        GARDEN;

        String path() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    record Message(String name, String text) {}

    static void page(Page page) {
        Room room = page.path("room", text -> Room.valueOf(text.toUpperCase(Locale.ROOT))); // no such room: 404
        page.title("Chat: " + room.path());
        Signal<String> name = page.input("name", "", SignalType.text(20)); // this tab's
        Signal<String> text = page.input("text", "", SignalType.text(200));
        Signal<List<Message>> messages = messages(page, room); // everybody's in this room, on all nodes
        Action send = page.action("send", () -> {
            if (!text.get().isBlank()) {
                Message message = new Message(name.get().isBlank() ? "Guest" : name.get(), text.get());
                messages.update(old -> Stream.concat(Stream.of(message), old.stream())
                        .limit(KEPT)
                        .toList());
            }
            text.set("");
        });

        page.view(messages.scope(), "log", () -> log(messages.get())); // rendered once per node
        page.view(
                "write",
                () -> "<label>Name <input autocomplete=\"nickname\" maxlength=\"20\" placeholder=\"Guest\" "
                        + Page.field(name) + "></label>"
                        + "<label class=\"wide\">Message <input autocomplete=\"off\" maxlength=\"200\" "
                        + Page.field(text) + "></label>" + send.button("Send"));
        page.layout(views ->
                "<main><h1>Chat</h1>" + rooms(page, room) + views.view("log") + views.view("write") + "</main>");
    }

    static Signal<List<Message>> messages(Page page, Room room) {
        return page.shared(Scope.topic("chat/" + room.path()), "messages", List.of(), MESSAGES);
    }

    /** The newest message is first here and last on the screen, where the style sheet keeps it in sight. */
    private static String log(List<Message> messages) {
        String items = messages.stream()
                .map(message -> "<p><b>" + Html.escape(message.name()) + "</b> " + Html.escape(message.text()) + "</p>")
                .collect(Collectors.joining());
        return "<div class=\"log\" role=\"log\" aria-label=\"Conversation\" tabindex=\"0\">"
                + (items.isEmpty() ? "<p class=\"quiet\">No messages yet. Say hello.</p>" : items) + "</div>";
    }

    private static String rooms(Page page, Room here) {
        return Arrays.stream(Room.values())
                .map(room -> "<a href=\"" + page.links().url("/chat/" + room.path()) + "\""
                        + (room == here ? " aria-current=\"page\"" : "") + ">" + room.path() + "</a>")
                .collect(Collectors.joining("", "<nav class=\"tabs\" aria-label=\"Rooms\">", "</nav>"));
    }
}
