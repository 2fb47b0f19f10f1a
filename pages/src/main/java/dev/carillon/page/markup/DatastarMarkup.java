package dev.carillon.page.markup;

import dev.carillon.page.Action;
import dev.carillon.page.Html;
import dev.carillon.patch.Json;
import dev.carillon.patch.SignalsJson;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Attributes of Datastar 1, whose script the application serves.
 *
 * @param script URL of the script
 * @param integrity its hash; null: the browser does not check it
 */
public record DatastarMarkup(String script, @Nullable String integrity) implements PageMarkup {
    /** Signal of every page, with its context and path. No signal of a page has this name. */
    public static final String IDENTITY = "carillon";

    public static final String CONTEXT = "context";
    public static final String PAGE = "page";

    /** Without an end: other tries would leave a page that does not change any more. The names of the limits differ among releases. */
    private static final String STREAM_OPTIONS = "{openWhenHidden:true,requestCancellation:'disabled',retry:'always',"
            + "retryScaler:1.5,retryMaxWait:5000,retryMaxWaitMs:5000,retryMaxCount:Infinity,filterSignals:{include:/^$/}}";

    private static final String PLAIN = " _-.,:{}[]\"\\";

    @Override
    public String head(String pages) {
        // A page with Turbo that leads here has another script and another policy.
        return TurboMarkup.LOADED_ALONE + "<script type=\"module\" src=\"" + pages
                + "\"></script><script type=\"module\" src=\""
                + Html.escape(script) + "\""
                + (integrity == null ? "" : " integrity=\"" + integrity + "\" crossorigin=\"anonymous\"")
                + "></script>";
    }

    /** Datastar makes functions of the expressions in attributes. */
    @Override
    public List<String> scriptSources() {
        URI url = URI.create(script);
        return url.getHost() == null
                ? List.of("'unsafe-eval'")
                : List.of("'unsafe-eval'", url.getScheme() + "://" + url.getRawAuthority());
    }

    @Override
    public String body(Loaded page) {
        Map<String, Object> signals = SignalsJson.tree(page.inputs());
        signals.put(IDENTITY, new TreeMap<>(Map.of(CONTEXT, page.context(), PAGE, page.path())));
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put(FormFields.CONTEXT, page.context());
        fields.put(FormFields.PAGE, Html.escape(page.path()));
        fields.put(FormFields.ID, page.actionId());
        // The form is that of files, and lets the Enter key press the first button of the page.
        return "<div hidden data-signals=\"" + Html.escape(expression(Json.write(signals))) + "\"></div><form id=\""
                + Action.FORM + "\" enctype=\"multipart/form-data\" data-on:submit__prevent=\"0\">"
                + PageMarkup.hidden(fields) + "</form><div role=\"alert\"><div id=\"" + MESSAGE
                + "\"></div></div><div hidden data-init=\"@get('" + page.stream() + "'," + STREAM_OPTIONS
                + ")\"></div>";
    }

    /** JSON as an expression: Datastar looks for names of signals and actions in it, also in texts. */
    private static String expression(String json) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || PLAIN.indexOf(c) >= 0) {
                out.append(c);
            } else {
                out.append("\\u").append("%04x".formatted((int) c));
            }
        }
        return out.toString();
    }

    @Override
    public String action(String url) {
        return "form=\"" + Action.FORM + "\" data-on:click__prevent=\"@post('" + url
                + "'+(el.name?'?'+new URLSearchParams([[el.name,el.value]]):''))\"";
    }

    @Override
    public String upload(String url) {
        return "form=\"" + Action.FORM + "\" data-on:click__prevent=\"@post('" + url
                + "',{contentType:'form',selector:'#" + Action.FORM + "'})\"";
    }

    @Override
    public String typed(String url) {
        return "data-on:input__debounce.200ms=\"@post('" + url + "')\"";
    }

    @Override
    public String binding(String input) {
        return "form=\"" + Action.FORM + "\" id=\"field-" + input + "\" name=\"" + input + "\" data-bind=\"" + input
                + "\"";
    }
}
