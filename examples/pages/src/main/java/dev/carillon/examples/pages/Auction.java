package dev.carillon.examples.pages;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.page.Action;
import dev.carillon.page.Html;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.scope.Scope;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A live auction: of two bids at the same time one counts, and the other user is told. A late bid prolongs it. */
final class Auction {
    static final Duration LENGTH = Duration.ofMinutes(2);
    private static final Duration PROLONGED = Duration.ofSeconds(15);
    private static final int KEPT = 8;

    private static final SignalType<Lot> LOT = SignalType.of("must be an auction", Lot::text, Lot::of);

    private static final SignalType<List<Bid>> BIDS = Rows.of(
            2,
            bid -> List.of(bid.amount(), bid.name()),
            fields -> new Bid(Integer.parseInt(fields.get(0)), fields.get(1)));

    private Auction() {}

    record Bid(int amount, String name) {}

    /**
     * What is sold.
     *
     * @param end in milliseconds; 0: it has not begun
     */
    record Lot(long end, List<Bid> bids) {
        int highest() {
            return bids.isEmpty() ? 0 : bids.getFirst().amount();
        }

        boolean isOpen(long now) {
            return now < end;
        }

        Lot with(Bid bid, long now) {
            return new Lot(
                    Math.max(end, now + PROLONGED.toMillis()),
                    Stream.concat(Stream.of(bid), bids.stream()).limit(KEPT).toList());
        }

        String text() {
            return end + "\n" + BIDS.write(bids);
        }

        static Lot of(String text) {
            int line = text.indexOf('\n');
            return new Lot(Long.parseLong(text.substring(0, line)), BIDS.read(text.substring(line + 1)));
        }
    }

    static void page(Page page) {
        page.title("Auction");
        Signal<Lot> lot = lot(page);
        Signal<Integer> left = page.signal("left", 0); // seconds, of this tab
        Signal<String> name = page.input("name", "", SignalType.text(20));
        Signal<Integer> amount = page.input("amount", 10);
        page.every(Duration.ofMillis(500), () -> left.set(seconds(lot.get())));
        Action begin = page.action("begin", () -> {
            long now = System.currentTimeMillis();
            lot.update(old -> old.isOpen(now) ? old : new Lot(now + LENGTH.toMillis(), List.of()));
            left.set(seconds(lot.get()));
        });
        Action bid = page.action("bid", () -> {
            long now = System.currentTimeMillis();
            Bid made = new Bid(amount.get(), name.get().isBlank() ? "Guest" : name.get());
            Lot after = lot.update(old -> old.isOpen(now) && made.amount() > old.highest() ? old.with(made, now) : old);
            if (!after.bids().contains(made)) {
                throw new CarillonException(
                        ErrorCode.INVALID_REQUEST,
                        after.isOpen(now) ? "Bid more than " + after.highest() + "." : "The auction is over.");
            }
            amount.set(after.highest() + 5);
        });

        page.view(
                "clock",
                () -> "<p role=\"timer\">" + (left.get() > 0 ? left.get() + " s left" : "Not open") + "</p>"
                        + (left.get() > 0 ? "" : begin.button("Begin")));
        page.view(
                "bid",
                () -> "<label>Name <input autocomplete=\"nickname\" maxlength=\"20\" placeholder=\"Guest\" "
                        + Page.field(name) + "></label><label class=\"wide\">Amount <input type=\"number\" min=\"1\" "
                        + Page.field(amount) + "></label>" + bid.button("Bid"));
        page.view(page.route(), "bids", () -> bids(lot.get().bids()));
        page.layout(
                views -> "<main><h1>Auction</h1>" + views.view("bids") + views.view("clock") + views.view("bid")
                        + "<p>For sale: one bell, cracked. Bid in two windows at once: the second of two equal bids is refused.</p></main>");
    }

    static Signal<Lot> lot(Page page) {
        return page.shared(Scope.route("/auction"), "lot", new Lot(0, List.of()), LOT);
    }

    private static int seconds(Lot lot) {
        return Math.toIntExact(Math.max(0, (lot.end() - System.currentTimeMillis() + 999) / 1000));
    }

    private static String bids(List<Bid> bids) {
        if (bids.isEmpty()) {
            return "<output>0</output><p class=\"quiet\">No bid yet.</p>";
        }
        return "<output>" + bids.getFirst().amount() + "</output><ol class=\"bids\">"
                + bids.stream()
                        .map(bid -> "<li><b>" + bid.amount() + "</b> " + Html.escape(bid.name()) + "</li>")
                        .collect(Collectors.joining())
                + "</ol>";
    }
}
