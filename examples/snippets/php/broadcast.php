<?php
// Broadcasts an event: php broadcast.php topic:orders order '{"id":7}'. The token is in CARILLON_TOKEN.

const ATTEMPTS = 8;

function fail(string $message): never
{
    fwrite(STDERR, $message . "\n");
    exit(1);
}

if ($argc !== 4) {
    fail('usage: broadcast.php SCOPE TYPE DATA');
}
$url = rtrim(getenv('CARILLON_URL') ?: 'http://127.0.0.1:8080', '/') . '/broadcast';
$request = stream_context_create(['http' => [
    'method' => 'POST',
    'header' => [
        'Authorization: Bearer ' . getenv('CARILLON_TOKEN'),
        'Content-Type: application/json',
        'Idempotency-Key: ' . bin2hex(random_bytes(16)), // the same in every attempt: the event is delivered once
    ],
    'content' => json_encode(['scope' => $argv[1], 'type' => $argv[2], 'data' => $argv[3]], JSON_THROW_ON_ERROR),
    'timeout' => 10,
    'ignore_errors' => true, // reads the body of an error, too
    'follow_location' => 0,
]]);

for ($attempt = 0; ; $attempt++) {
    [$status, $retryAfter] = [0, 0];
    $stream = @fopen($url, 'r', false, $request);
    $answer = $stream === false ? false : stream_get_contents($stream);
    foreach ($stream === false ? [] : stream_get_meta_data($stream)['wrapper_data'] as $line) {
        if (preg_match('~^HTTP/\S+ (\d+)~', $line, $found)) {
            $status = (int) $found[1];
        } elseif (preg_match('~^Retry-After: *(\d+)$~i', $line, $found)) {
            $retryAfter = (int) $found[1];
        }
    }
    if ($answer === false) {
        [$status, $answer] = [0, 'no answer: ' . (error_get_last()['message'] ?? '')];
    }
    if ($status === 200) {
        echo $answer, "\n";
        exit;
    }
    if (!in_array($status, [0, 429, 502, 503, 504], true) || $attempt === ATTEMPTS - 1) {
        fail("not broadcast: $status $answer");
    }
    $backOff = mt_rand(500, 1000) / 1000 * min(10, 0.25 * 2 ** $attempt);
    usleep((int) (1e6 * max($retryAfter, $backOff)));
}
