package dev.carillon.examples.pages;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The value of a cell of a spreadsheet: text, a number, or a formula of +, -, *, /, parentheses, other cells and SUM(A1:B3). */
final class Formula {
    private final Map<String, String> cells;
    private final Set<String> open;
    private final String text;
    private int at;

    private Formula(Map<String, String> cells, Set<String> open, String text) {
        this.cells = cells;
        this.open = open;
        this.text = text;
    }

    /** What a cell shows. */
    static String value(Map<String, String> cells, String cell) {
        String content = cells.getOrDefault(cell, "");
        if (!content.startsWith("=")) {
            return content;
        }
        try {
            double value = number(cells, new TreeSet<>(), cell);
            return Double.isFinite(value) ? shortest(value) : "not finite";
        } catch (IllegalArgumentException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static String shortest(double value) {
        double rounded = Math.round(value * 100) / 100.0;
        return rounded == Math.rint(rounded) && Math.abs(rounded) < 1e15
                ? Long.toString((long) rounded)
                : Double.toString(rounded);
    }

    private static double number(Map<String, String> cells, Set<String> open, String cell) {
        String content = cells.getOrDefault(cell, "").strip();
        if (content.isEmpty()) {
            return 0;
        }
        if (!open.add(cell)) {
            throw new IllegalArgumentException("circle");
        }
        try {
            if (!content.startsWith("=")) {
                return Double.parseDouble(content);
            }
            Formula formula = new Formula(cells, open, content.substring(1).replace(" ", ""));
            double value = formula.sum();
            if (formula.at < formula.text.length()) {
                throw new IllegalArgumentException("error");
            }
            return value;
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("no number", e);
        } finally {
            open.remove(cell);
        }
    }

    private double sum() {
        double value = product();
        while (true) {
            if (next('+')) {
                value += product();
            } else if (next('-')) {
                value -= product();
            } else {
                return value;
            }
        }
    }

    private double product() {
        double value = operand();
        while (true) {
            if (next('*')) {
                value *= operand();
            } else if (next('/')) {
                value /= operand();
            } else {
                return value;
            }
        }
    }

    private double operand() {
        if (next('-')) {
            return -operand();
        }
        if (next('(')) {
            double value = sum();
            require(')');
            return value;
        }
        if (text.startsWith("SUM(", at)) {
            at += 4;
            String first = cell();
            require(':');
            String last = cell();
            require(')');
            double sum = 0;
            for (char column = first.charAt(0); column <= last.charAt(0); column++) {
                for (char row = first.charAt(1); row <= last.charAt(1); row++) {
                    sum += number(cells, open, "" + column + row);
                }
            }
            return sum;
        }
        if (at < text.length() && Character.isUpperCase(text.charAt(at))) {
            return number(cells, open, cell());
        }
        int from = at;
        while (at < text.length() && (Character.isDigit(text.charAt(at)) || text.charAt(at) == '.')) {
            at++;
        }
        return Double.parseDouble(text.substring(from, at));
    }

    private String cell() {
        if (at + 2 > text.length() || !Sheet.isCell(text.substring(at, at + 2))) {
            throw new IllegalArgumentException("no such cell");
        }
        at += 2;
        return text.substring(at - 2, at);
    }

    private boolean next(char expected) {
        if (at < text.length() && text.charAt(at) == expected) {
            at++;
            return true;
        }
        return false;
    }

    private void require(char expected) {
        if (!next(expected)) {
            throw new IllegalArgumentException("error");
        }
    }
}
