package dev.carillon.patch;

import java.util.List;

/** Patches for Turbo 8: stream elements, which its {@code <turbo-stream-source>} takes from events without a type. */
public final class TurboStreams implements PatchRenderer {
    @Override
    public String event(List<Patch> patches) {
        StringBuilder out = new StringBuilder();
        for (Patch patch : patches) {
            switch (patch) {
                case Patch.Content(String target, String html) ->
                    out.append("<turbo-stream action=\"update\" method=\"morph\" target=\"")
                            .append(target)
                            .append("\"><template>")
                            .append(html)
                            .append("</template></turbo-stream>");
                case Patch.Reload() -> out.append("<turbo-stream action=\"refresh\"></turbo-stream>");
            }
        }
        return out.toString();
    }

    @Override
    public String head(String scriptUrl) {
        return "<meta name=\"turbo-prefetch\" content=\"false\"><script type=\"module\" src=\"" + scriptUrl
                + "\"></script>";
    }

    @Override
    public String stream(String url) {
        return "<turbo-stream-source src=\"" + url + "\"></turbo-stream-source>";
    }

    @Override
    public String mediaType() {
        return "text/vnd.turbo-stream.html";
    }
}
