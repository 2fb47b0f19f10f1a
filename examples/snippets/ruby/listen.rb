# Prints the events of a topic, one after the other: ruby listen.rb orders. The token, if one is needed, is in CARILLON_TOKEN.
require 'net/http'

SILENCE = 3 * Float(ENV.fetch('HEARTBEAT', '15')) # seconds; a node sends a comment line every 15 s
# Errors of the connection, such as EOFError (an IOError) and Errno::ECONNREFUSED (a SystemCallError).
BROKEN = [SystemCallError, IOError, SocketError, OpenSSL::SSL::SSLError, Net::ProtocolError, Net::HTTPBadResponse].freeze

# The events of a topic, through all streams.
class Listener
  def initialize(uri)
    @uri = uri
    @last_id = ''
    @retry = @retry_after = 0
    @failures = 0
  end

  def run
    loop do
      @retry_after = 0
      reason = open
      delay = [@retry, @retry_after, rand(0.5..1.0) * [30, 0.5 * 2**@failures].min].max
      @failures = [@failures + 1, 10].min
      warn format('%<reason>s; again in %<delay>.1f s', reason: reason, delay: delay)
      sleep delay
    end
  end

  private

  # Opens a stream and reads it to its end; the reason of the end.
  def open
    Net::HTTP.start(@uri.host, @uri.port, use_ssl: @uri.scheme == 'https', open_timeout: SILENCE,
                                          read_timeout: SILENCE, max_retries: 0) do |http|
      http.request(request) { |response| return response.code == '200' ? read(response) : refused(response) }
    end
  rescue Timeout::Error
    "no byte for #{SILENCE} s"
  rescue *BROKEN => e
    "#{e.class} #{e.message}"
  end

  def request
    get = Net::HTTP::Get.new(@uri, { 'Accept' => 'text/event-stream', 'Accept-Encoding' => 'identity' })
    get['Authorization'] = "Bearer #{ENV['CARILLON_TOKEN']}" unless ENV.fetch('CARILLON_TOKEN', '').empty?
    get['Last-Event-ID'] = @last_id unless @last_id.empty?
    get
  end

  def refused(response)
    reason = "#{response.code} #{response.read_body}"
    abort "refused: #{reason}" if response.code.to_i < 500 && response.code != '429'
    @retry_after = response['Retry-After'].to_i
    reason
  end

  # Reads events until the stream ends; an event counts when its blank line has arrived.
  def read(response)
    text = String.new
    event = { type: '', data: [], id: @last_id }
    response.read_body do |chunk|
      text << chunk
      while (end_of_line = text.index("\n"))
        event = take(text.slice!(0..end_of_line).chomp.force_encoding(Encoding::UTF_8), event)
      end
    end
    'the stream ended'
  end

  def take(line, event)
    field, value = line.split(':', 2)
    value = value.to_s.delete_prefix(' ')
    case field
    when nil then return finish(event)
    when 'event' then event[:type] = value
    when 'data' then event[:data] << value
    when 'id' then event[:id] = value
    when 'retry' then @retry = value.to_i / 1000.0 if value.match?(/\A\d+\z/)
    end
    event
  end

  def finish(event)
    @last_id = event[:id]
    type = event[:type].empty? ? 'message' : event[:type]
    on_event(type, event[:data].join("\n")) unless event[:data].empty?
    { type: '', data: [], id: @last_id }
  end

  def on_event(type, data)
    if type == 'carillon.open' then @failures = 0
    elsif type == 'carillon.gap' then warn "events are missing, load the state again: #{data}"
    elsif !type.start_with?('carillon.') then puts "#{type} #{data}"
    end
  end
end

abort 'usage: listen.rb TOPIC' if ARGV.length != 1
$stdout.sync = true
base = ENV.fetch('CARILLON_URL', 'http://127.0.0.1:8080').delete_suffix('/')
Listener.new(URI("#{base}/events?#{URI.encode_www_form(topic: ARGV[0])}")).run
