package dev.carillon.page.context;

import dev.carillon.page.Action;

/** @param url to which the form is sent */
record ActionButton(String url) implements Action {
    @Override
    public String attributes() {
        return "form=\"" + FORM + "\" formaction=\"" + url + "\"";
    }
}
