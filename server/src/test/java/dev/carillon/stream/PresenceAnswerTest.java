package dev.carillon.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.presence.UserList;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class PresenceAnswerTest {
    private static PresenceAnswer answer(int limit, UserList.User... users) {
        return new PresenceAnswer(
                Scope.topic("room"), new Position(1, 2, 3), new UserList(List.of(users), false), limit);
    }

    @Test
    void data_of_users_is_written_as_it_was_stored() {
        PresenceAnswer answer = answer(
                2,
                new UserList.User("ann", "{\"b\":1.50, \"a\":\"\\u00e9\"}"),
                new UserList.User("bob", null),
                new UserList.User("carl", null));

        assertThat(new String(answer.bytes(), StandardCharsets.UTF_8))
                .startsWith("{\"scope\":\"topic:room\",\"count\":3,\"users\":["
                        + "{\"user\":\"ann\",\"data\":{\"b\":1.50, \"a\":\"\\u00e9\"}},{\"user\":\"bob\"}],"
                        + "\"truncated\":true,\"cursor\":\"");
    }

    @Test
    void memory_is_charged_for_the_longest_form_of_each_name() {
        UserList.User[] users = new UserList.User[1_000];
        for (int i = 0; i < users.length; i++) {
            users[i] = new UserList.User("\u0001\"é😀".repeat(i % 50), i % 2 == 0 ? null : "\"é😀\"");
        }

        PresenceAnswer answer = answer(users.length, users);

        assertThat(answer.bytes().length).isLessThanOrEqualTo(answer.maxBytes());
    }
}
