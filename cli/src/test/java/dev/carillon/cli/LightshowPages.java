package dev.carillon.cli;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.TimeoutError;
import com.microsoft.playwright.options.AriaRole;
import dev.carillon.testkit.Chromium;
import dev.carillon.testkit.Patience;
import java.util.List;

/** Actions of users on the pages of the light show, and what the pages show. */
final class LightshowPages {
    private LightshowPages() {}

    /** A phone that was asked, and has the light. */
    static Page phone(Chromium chromium, LightshowSite site, String contributor, String years) {
        Page page = chromium.page(390, 844);
        page.addInitScript(LightshowSite.RECORD);
        page.navigate(site.url() + "/lightshow");
        answer(page, contributor, years);
        page.waitForFunction("() => document.documentElement.dataset.light");
        return page;
    }

    static void picture(Page page, String name) {
        byte[] _ = Pictures.take(page, "lightshow-" + name);
    }

    static void answer(Page page, String contributor, String years) {
        radio(page, contributor).check();
        radio(page, years).check();
        button(page, "Light up").click();
    }

    static Locator button(Page page, String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    static Locator radio(Page page, String name) {
        return page.getByRole(
                AriaRole.RADIO, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    /** Waits until the screen shows it, when every fade is over; looks at each frame, as most have it within one. */
    static void awaitColour(Page phone, String colour) {
        int rgb = Integer.parseInt(colour.substring(1), 16);
        String shown = "getComputedStyle(document.getElementById('light')).backgroundColor";
        try {
            phone.waitForFunction(
                    "wanted => " + shown + " === wanted",
                    "rgb(%d, %d, %d)".formatted(rgb >> 16, rgb >> 8 & 255, rgb & 255),
                    new Page.WaitForFunctionOptions().setTimeout(Patience.LIMIT_MILLIS));
        } catch (TimeoutError e) {
            throw new AssertionError("the screen should show " + colour + ", it shows " + phone.evaluate(shown), e);
        }
    }

    static void awaitKnown(Page phone, String colour) {
        phone.waitForFunction("colour => document.documentElement.dataset.light === colour", colour);
    }

    /** Which node it is connected to. */
    static String node(Page phone) {
        return (String) phone.evaluate("() => document.documentElement.dataset.node");
    }

    /** Every light that the phone knew of, in its order. */
    @SuppressWarnings("unchecked")
    static List<String> seen(Page phone) {
        return (List<String>) phone.evaluate("() => seen");
    }

    /** Every colour that its screen showed. */
    @SuppressWarnings("unchecked")
    static List<String> painted(Page phone) {
        return (List<String>) phone.evaluate("() => painted");
    }
}
