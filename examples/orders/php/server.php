<?php
// A shop: each user sees the status of an order change live. README.md has the steps; only PHP's own functions are used.

$carillon = getenv('CARILLON_URL') ?: 'http://127.0.0.1:8080';
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
session_start(['cookie_httponly' => true, 'cookie_samesite' => 'Lax', 'use_strict_mode' => true]);
$user = $_SESSION['user'] ?? null;

/** Signs a token for 10 minutes (RFC 7519, HS256). */
function token(string $user, array $grants = []): string
{
    $encoded = fn (string $content): string => rtrim(strtr(base64_encode($content), '+/', '-_'), '=');
    $claims = ['sub' => $user, 'exp' => time() + 600, 'carillon' => (object) $grants];
    $text = $encoded(json_encode(['alg' => 'HS256'])) . '.' . $encoded(json_encode($claims));
    $key = trim((string) file_get_contents((string) getenv('CARILLON_JWT_KEY_FILE')));
    return $text . '.' . $encoded(hash_hmac('sha256', $text, $key, true));
}

/** Sends an event to all open pages of a user; returns what was wrong. For repeats see docs/snippets.md. */
function broadcast(string $carillon, string $user, string $type, array $data): ?string
{
    $answer = @file_get_contents("$carillon/broadcast", false, stream_context_create(['http' => [
        'method' => 'POST',
        'header' => [
            'Authorization: Bearer ' . token('shop', ['broadcast' => ['user:*']]),
            'Content-Type: application/json',
            'Idempotency-Key: ' . bin2hex(random_bytes(16)),
        ],
        'content' => json_encode(['scope' => "user:$user", 'type' => $type, 'data' => $data]),
        'timeout' => 10,
        'ignore_errors' => true, // an error has a text, too
    ]]));
    return $answer !== false && isset(json_decode($answer, true)['id']) ? null : (string) $answer;
}

/** Reads the statuses by user, and stores a new one. A shop has them in its database. */
function orders(?string $user = null, ?string $status = null): array
{
    $file = fopen(getenv('ORDERS_FILE') ?: sys_get_temp_dir() . '/carillon-orders.json', 'c+');
    flock($file, LOCK_EX);
    $orders = json_decode(stream_get_contents($file) ?: '[]', true);
    if ($user !== null) {
        $orders[$user] = $status;
        ftruncate($file, 0);
        rewind($file);
        fwrite($file, json_encode($orders));
    }
    fclose($file);
    return $orders;
}

function answer(int $status, string $content, string $type = 'text/plain'): never
{
    http_response_code($status);
    header("Content-Type: $type; charset=utf-8");
    exit($content);
}

if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    $isOrder = preg_match('~^/orders/(.*)$~', $path, $found) === 1;
    $name = $isOrder ? $found[1] : $_POST['user'] ?? '';
    if (!is_string($name) || preg_match('~^[a-z0-9]{1,20}$~D', $name) !== 1) {
        answer(400, 'a name has 1 to 20 letters and digits');
    }
    if ($path === '/login') { // a shop asks for a password
        session_regenerate_id(true);
        $_SESSION['user'] = $name;
        header('Location: /');
        answer(303, '');
    }
    if (!$isOrder || !is_string($_POST['status'] ?? null)) {
        answer(404, 'not found');
    }
    orders($name, $_POST['status']); // a shop asks who of its staff that is
    $wrong = broadcast($carillon, $name, 'status', ['status' => $_POST['status']]);
    $wrong === null ? answer(200, "saved and sent\n") : answer(502, "saved, but not sent: $wrong\n");
}
if ($path === '/') {
    $page = file_get_contents(__DIR__ . ($user === null ? '/../login.html' : '/../order.html'));
    answer(200, strtr($page, ['{{user}}' => htmlspecialchars((string) $user), '{{carillon}}' => $carillon]), 'text/html');
}
if ($path !== '/token' && $path !== '/order') {
    answer(404, 'not found');
}
if ($user === null) {
    answer(401, 'log in');
}
if ($path === '/token') {
    answer(200, token($user)); // a user's own events need no grant
}
answer(200, json_encode(['status' => orders()[$user] ?? 'received']), 'application/json');
