package dev.carillon.limits;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.carillon.base.ConfigException;
import java.lang.management.ManagementFactory;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Size of the memory budget in a setting: a number of bytes or a percentage of the memory of the process. */
public final class BudgetSize {
    public static final String DEFAULT = "50%";
    private static final long MIN = 4L * 1024 * 1024;
    private static final int MAX_PERCENT = 80;
    private static final Pattern FORM = Pattern.compile("(\\d{1,15})(%?)");

    private BudgetSize() {}

    /** @throws ConfigException when the text is not a size, or the size does not fit into this process */
    public static long parse(String key, String text) {
        return parse(key, text, available());
    }

    static long parse(String key, String text, long available) {
        Matcher matcher = FORM.matcher(text);
        long most = available / 100 * MAX_PERCENT;
        if (matcher.matches()) {
            long number = Long.parseLong(matcher.group(1));
            boolean percent = !matcher.group(2).isEmpty();
            if (!percent || number <= MAX_PERCENT) {
                long bytes = percent ? available / 100 * number : number;
                if (bytes >= Math.min(MIN, most) && bytes <= most) {
                    return bytes;
                }
            }
        }
        throw new ConfigException(
                key,
                text,
                "must be a percentage from 1% to " + MAX_PERCENT + "%, or a number of bytes from " + MIN + " to "
                        + MAX_PERCENT + "% of the heap or the direct memory, whichever is less, which is " + most);
    }

    /** The smaller of the maximum heap and the maximum direct memory, because charged objects are in either. */
    private static long available() {
        long heap = Runtime.getRuntime().maxMemory();
        HotSpotDiagnosticMXBean vm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        // 0 means the same as the heap.
        long direct = vm == null
                ? 0
                : Long.parseLong(vm.getVMOption("MaxDirectMemorySize").getValue());
        return direct == 0 ? heap : Math.min(heap, direct);
    }
}
