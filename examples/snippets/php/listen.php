<?php
// Prints the events of a topic, one after the other: php listen.php orders. The token, if one is needed, is in CARILLON_TOKEN. Needs the extension curl.

final class Listener
{
    private string $lastId = '';
    private float $retry = 0; // this and others in seconds
    private float $retryAfter = 0;
    private int $failures = 0;
    private string $type = ''; // this and the following of the event that is being read
    private array $data = [];
    private string $id = '';

    public function __construct(private string $url, private float $silence)
    {
    }

    public function run(): never
    {
        while (true) {
            $this->retryAfter = 0;
            $reason = $this->open();
            $backOff = mt_rand(500, 1000) / 1000 * min(30, 0.5 * 2 ** $this->failures);
            $delay = max($this->retry, $this->retryAfter, $backOff);
            $this->failures = min($this->failures + 1, 10);
            fprintf(STDERR, "%s; again in %.1f s\n", $reason, $delay);
            usleep((int) (1e6 * $delay));
        }
    }

    /** Opens a stream and reads it to its end; the reason of the end. (fgets of the http wrapper would hold lines of chunks back.) */
    private function open(): string
    {
        [$body, $heard, $silent] = ['', microtime(true), false];
        [$this->type, $this->data, $this->id] = ['', [], $this->lastId];
        $headers = ['Accept: text/event-stream'];
        if ((string) getenv('CARILLON_TOKEN') !== '') {
            $headers[] = 'Authorization: Bearer ' . getenv('CARILLON_TOKEN');
        }
        if ($this->lastId !== '') {
            $headers[] = 'Last-Event-ID: ' . $this->lastId;
        }
        $curl = curl_init($this->url);
        curl_setopt_array($curl, [
            CURLOPT_HTTPHEADER => $headers,
            CURLOPT_WRITEFUNCTION => function (CurlHandle $curl, string $bytes) use (&$body, &$heard): int {
                $heard = microtime(true);
                $body .= $bytes;
                while (curl_getinfo($curl, CURLINFO_RESPONSE_CODE) === 200 && ($end = strpos($body, "\n")) !== false) {
                    $this->take(rtrim(substr($body, 0, $end), "\r"));
                    $body = substr($body, $end + 1);
                }
                return strlen($bytes);
            },
            CURLOPT_HEADERFUNCTION => function (CurlHandle $curl, string $line): int {
                $this->retryAfter = preg_match('~^Retry-After: *(\d+)\s*$~i', $line, $found) ? (int) $found[1] : $this->retryAfter;
                return strlen($line);
            },
            CURLOPT_NOPROGRESS => false, // called once a second: 1 ends the stream
            CURLOPT_PROGRESSFUNCTION => function () use (&$heard, &$silent): int {
                return (int) ($silent = microtime(true) - $heard > $this->silence);
            },
        ]);
        curl_exec($curl);
        $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
        if ($silent) {
            return "no byte for $this->silence s";
        }
        if ($status === 200 || $status === 0) {
            return curl_error($curl) ?: 'the stream ended';
        }
        if ($status < 500 && $status !== 429) {
            fwrite(STDERR, "refused: $status $body\n");
            exit(1);
        }
        return "$status $body";
    }

    /** Takes a line of the stream; an event counts when its blank line has arrived. */
    private function take(string $line): void
    {
        [$field, $value] = explode(':', $line, 2) + [1 => ''];
        $value = preg_replace('~^ ~', '', $value);
        if ($line === '') {
            $this->lastId = $this->id;
            if ($this->data !== []) {
                $this->onEvent($this->type === '' ? 'message' : $this->type, implode("\n", $this->data));
            }
            [$this->type, $this->data] = ['', []];
        } elseif ($field === 'event') {
            $this->type = $value;
        } elseif ($field === 'data') {
            $this->data[] = $value;
        } elseif ($field === 'id') {
            $this->id = $value;
        } elseif ($field === 'retry' && ctype_digit($value)) {
            $this->retry = $value / 1000;
        }
    }

    private function onEvent(string $type, string $data): void
    {
        if ($type === 'carillon.open') {
            $this->failures = 0;
        } elseif ($type === 'carillon.gap') {
            fwrite(STDERR, "events are missing, load the state again: $data\n");
        } elseif (!str_starts_with($type, 'carillon.')) {
            echo $type, ' ', $data, "\n";
        }
    }
}

if ($argc !== 2) {
    fwrite(STDERR, "usage: listen.php TOPIC\n");
    exit(1);
}
$base = rtrim(getenv('CARILLON_URL') ?: 'http://127.0.0.1:8080', '/');
(new Listener("$base/events?topic=" . rawurlencode($argv[1]), 3 * (float) (getenv('HEARTBEAT') ?: 15)))->run();
