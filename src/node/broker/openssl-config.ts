/** What `openssl req` and `openssl ca` read, but for the names: sections `alternatives` and `name` follow. */
export const OPENSSL_CONFIG = `
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
unique_subject = no
rand_serial = yes
policy = any
default_md = sha256
x509_extensions = root
[any]
commonName = supplied
[req]
distinguished_name = name
prompt = no
[root]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = @alternatives
`;
