<?php
// Subscribes to a stream with the HTTP client of Symfony that the first argument names, at the URL of the second; writes each event as ID<TAB>DATA.

require 'Symfony/Component/HttpClient/autoload.php';

use Symfony\Component\HttpClient\Chunk\ServerSentEvent;
use Symfony\Component\HttpClient\CurlHttpClient;
use Symfony\Component\HttpClient\EventSourceHttpClient;
use Symfony\Component\HttpClient\NativeHttpClient;

[, $name, $url] = $argv;
$http = 'symfony-curl' === $name ? new CurlHttpClient() : new NativeHttpClient();
// It reconnects by itself, with the last id that it saw; after 10 s, were it not told otherwise.
$client = new EventSourceHttpClient($http, 1.0);
try {
    $source = $client->connect($url);
    foreach ($client->stream($source) as $chunk) {
        if ($chunk->isTimeout()) {
            continue;
        }
        if ($chunk instanceof ServerSentEvent) {
            echo $chunk->getId(), "\t", $chunk->getData(), "\n";
        }
    }
    fwrite(STDERR, "gave up\n");
} catch (Throwable $e) {
    fwrite(STDERR, 'gave up: '.$e::class.': '.$e->getMessage()."\n");
}
