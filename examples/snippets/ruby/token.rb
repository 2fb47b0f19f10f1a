# Prints a token for a user: ruby token.rb ann. The key is in the file CARILLON_JWT_KEY_FILE, or in CARILLON_JWT_KEY.
require 'json'
require 'openssl'

abort 'usage: token.rb USER' if ARGV.length != 1
file = ENV.fetch('CARILLON_JWT_KEY_FILE', '')
# Without the line break at the end of a file, which is no part of the key.
key = file.empty? ? ENV.fetch('CARILLON_JWT_KEY', '').b : File.binread(file).sub(/[\r\n]+\z/n, '')
abort 'set CARILLON_JWT_KEY_FILE or CARILLON_JWT_KEY: a key of at least 32 bytes' if key.bytesize < 32

def encoded(content)
  [content].pack('m0').tr('+/', '-_').delete('=')
end

now = Time.now.to_i
claims = {
  sub: ARGV[0],
  iat: now,
  exp: now + 3600,
  carillon: { broadcast: ['topic:orders'], read: ['topic:orders'] }
}
text = [{ alg: 'HS256', typ: 'JWT' }, claims].map { |part| encoded(JSON.generate(part)) }.join('.')
puts "#{text}.#{encoded(OpenSSL::HMAC.digest('SHA256', key, text))}"
