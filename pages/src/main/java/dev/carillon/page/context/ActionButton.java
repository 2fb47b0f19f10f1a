package dev.carillon.page.context;

import dev.carillon.page.Action;
import dev.carillon.page.Html;
import dev.carillon.page.markup.PageMarkup;

/** @param url to which the action is sent */
record ActionButton(String url, PageMarkup markup) implements Action {
    @Override
    public String attributes() {
        return markup.action(url);
    }

    @Override
    public String uploadButton(String text) {
        return "<button " + markup.upload(url) + ">" + Html.escape(text) + "</button>";
    }

    @Override
    public String onInput() {
        return markup.typed(url);
    }
}
