<?php
// Prints a token for a user: php token.php ann. The key is in the file CARILLON_JWT_KEY_FILE, or in CARILLON_JWT_KEY.

function fail(string $message): never
{
    fwrite(STDERR, $message . "\n");
    exit(1);
}

function encoded(string $content): string
{
    return rtrim(strtr(base64_encode($content), '+/', '-_'), '=');
}

if ($argc !== 2) {
    fail('usage: token.php USER');
}
$file = (string) getenv('CARILLON_JWT_KEY_FILE');
if ($file === '') {
    $key = (string) getenv('CARILLON_JWT_KEY');
} else {
    $key = rtrim((string) file_get_contents($file), "\r\n"); // the line break at the end is no part of the key
}
if (strlen($key) < 32) {
    fail('set CARILLON_JWT_KEY_FILE or CARILLON_JWT_KEY: a key of at least 32 bytes');
}

$claims = [
    'sub' => $argv[1],
    'iat' => time(),
    'exp' => time() + 3600,
    'carillon' => ['broadcast' => ['topic:orders'], 'read' => ['topic:orders']],
];
$text = encoded(json_encode(['alg' => 'HS256', 'typ' => 'JWT'], JSON_THROW_ON_ERROR)) . '.'
    . encoded(json_encode($claims, JSON_THROW_ON_ERROR));
echo $text, '.', encoded(hash_hmac('sha256', $text, $key, true)), "\n";
