package dev.carillon.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class MemoryLeaseTest extends LeaseContract {
    @Override
    protected String broker() {
        return "memory://leases";
    }

    @Test
    void record_is_read_as_it_was_written_and_unknown_parts_are_skipped() {
        for (LeaseRecord record :
                new LeaseRecord[] {new LeaseRecord("n1/17", 42, 5_300), new LeaseRecord("", 42, LeaseRecord.NO_MARK)}) {
            assertThat(LeaseRecord.parse(record.bytes())).isEqualTo(record);
        }
        assertThat(parse("later=x fence=7 holder=n1/1")).isEqualTo(new LeaseRecord("n1/1", 7, LeaseRecord.NO_MARK));
        assertThat(parse("fence=no mark=-5 \u0000").isFree()).isFalse();
        assertThat(parse("").isFree()).isFalse();
    }

    private static LeaseRecord parse(String text) {
        return LeaseRecord.parse(text.getBytes(StandardCharsets.UTF_8));
    }
}
