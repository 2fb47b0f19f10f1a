package dev.carillon.tracing;

import dev.carillon.trace.Tracing;
import dev.carillon.trace.TracingOptions;
import dev.carillon.trace.TracingProvider;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Exports spans by OTLP over HTTP (protobuf), in batches. At most {@value #MAX_QUEUED} spans wait; further ones are dropped, so that a collector that does not
 * answer costs no more memory.
 */
public final class OtlpProvider implements TracingProvider {
    private static final int MAX_QUEUED = 2_048;
    private static final int MAX_BATCH = 512;
    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final int CLOSE_SECONDS = 2;

    /** Found by {@link java.util.ServiceLoader}. */
    public OtlpProvider() {}

    @Override
    public Tracing open(TracingOptions options) {
        SdkLog.install();
        OtlpHttpSpanExporter exporter = OtlpHttpSpanExporter.builder()
                .setEndpoint(options.endpoint().toString())
                .setTimeout(TIMEOUT)
                .build();
        SdkTracerProvider provider = SdkTracerProvider.builder()
                .setResource(Resource.create(Attributes.of(
                        AttributeKey.stringKey("service.name"), "carillon",
                        AttributeKey.stringKey("service.instance.id"), options.nodeId(),
                        AttributeKey.stringKey("service.version"), options.version())))
                .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(options.ratio())))
                .addSpanProcessor(BatchSpanProcessor.builder(exporter)
                        .setMaxQueueSize(MAX_QUEUED)
                        .setMaxExportBatchSize(MAX_BATCH)
                        .setScheduleDelay(INTERVAL)
                        .setExporterTimeout(TIMEOUT)
                        .build())
                .build();
        OpenTelemetrySdk sdk =
                OpenTelemetrySdk.builder().setTracerProvider(provider).build();
        return new Tracing() {
            @Override
            public OpenTelemetry api() {
                return sdk;
            }

            @Override
            public void close() {
                var _ = provider.shutdown().join(CLOSE_SECONDS, TimeUnit.SECONDS);
            }
        };
    }
}
