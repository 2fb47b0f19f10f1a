package dev.carillon.patch;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Patches for Turbo 8: stream elements, which its {@code <turbo-stream-source>} takes from events without a type. */
public final class TurboStreams implements PatchRenderer {
    /** More than the elements around one patch, without its name. */
    private static final int WRAPPER_BYTES = 256;

    @Override
    public List<PatchEvent> events(List<Patch> patches) {
        return List.of(new PatchEvent(null, answer(patches)));
    }

    @Override
    public int overhead(Patch patch) {
        return WRAPPER_BYTES;
    }

    @Override
    public String answer(List<Patch> patches) {
        StringBuilder out = new StringBuilder();
        for (Patch patch : patches) {
            switch (patch) {
                case Patch.Content(String target, String html) ->
                    element(out, "update\" method=\"morph\" target=\"" + target, html);
                case Patch.Resent(String target, String html) ->
                    element(out, "update\" method=\"morph\" carillon-resent target=\"" + target, html);
                case Patch.Append(String target, String html) -> element(out, "append\" target=\"" + target, html);
                case Patch.Prepend(String target, String html) -> element(out, "prepend\" target=\"" + target, html);
                case Patch.Remove(String target) ->
                    out.append("<turbo-stream action=\"remove\" target=\"")
                            .append(target)
                            .append("\"></turbo-stream>");
                case Patch.Signals(Map<String, String> texts, Set<String> _) ->
                    element(out, "carillon-signals", Json.write(texts));
                case Patch.Script(String name, String arguments) ->
                    element(out, "carillon-script\" name=\"" + name, arguments);
                case Patch.News(String json) -> element(out, "carillon-dev", json);
                case Patch.Reload() -> out.append("<turbo-stream action=\"refresh\"></turbo-stream>");
            }
        }
        return out.toString();
    }

    private static void element(StringBuilder out, String action, String content) {
        out.append("<turbo-stream action=\"")
                .append(action)
                .append("\"><template>")
                .append(content)
                .append("</template></turbo-stream>");
    }

    @Override
    public String mediaType() {
        return "text/vnd.turbo-stream.html";
    }

    @Override
    public @Nullable String redirect(String url) {
        return null;
    }

    @Override
    public boolean keepsSignals() {
        return false;
    }
}
