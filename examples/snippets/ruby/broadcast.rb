# Broadcasts an event: ruby broadcast.rb topic:orders order '{"id":7}'. The token is in CARILLON_TOKEN.
require 'json'
require 'net/http'
require 'securerandom'

ATTEMPTS = 8
# Errors of the connection; Net::OpenTimeout, Net::ReadTimeout and Net::WriteTimeout are a Timeout::Error.
BROKEN = [SystemCallError, IOError, SocketError, Timeout::Error, OpenSSL::SSL::SSLError, Net::ProtocolError,
          Net::HTTPBadResponse].freeze

abort 'usage: broadcast.rb SCOPE TYPE DATA' if ARGV.length != 3
uri = URI("#{ENV.fetch('CARILLON_URL', 'http://127.0.0.1:8080').delete_suffix('/')}/broadcast")
request = Net::HTTP::Post.new(uri)
request['Authorization'] = "Bearer #{ENV.fetch('CARILLON_TOKEN', '')}"
request['Content-Type'] = 'application/json'
request['Idempotency-Key'] = SecureRandom.uuid # the same in every attempt: the event is delivered once
request.body = JSON.generate({ scope: ARGV[0], type: ARGV[1], data: ARGV[2] })

ATTEMPTS.times do |attempt|
  status = 0
  retry_after = 0
  begin
    response = Net::HTTP.start(uri.host, uri.port, use_ssl: uri.scheme == 'https', open_timeout: 10,
                                                   read_timeout: 10, max_retries: 0) { |http| http.request(request) }
    status = response.code.to_i
    answer = response.body
    retry_after = response['Retry-After'].to_i
  rescue *BROKEN => e
    answer = "no answer: #{e.class} #{e.message}"
  end
  if status == 200
    puts answer
    exit
  end
  abort "not broadcast: #{status} #{answer}" unless [0, 429, 502, 503, 504].include?(status) && attempt < ATTEMPTS - 1
  sleep [retry_after, rand(0.5..1.0) * [10, 0.25 * 2**attempt].min].max
end
