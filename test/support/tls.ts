/**
 * A certificate for `localhost` and 127.0.0.1 that signs itself, valid from 2020 to 2120: for servers that tests start, and
 * as the `ca` of the clients that should trust them. The key protects nothing.
 */
export const localhostCert = `-----BEGIN CERTIFICATE-----
MIIBYzCCAQqgAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABOPK1SxMexiylgzY
eM097eJ2gp0CpkIOSp36MSVhLT9fBwzzxuNwqke3yyd1Zpky0/u/IVwpYujhscVT
ns+82OijSzBJMAwGA1UdEwQFMAMBAf8wGgYDVR0RBBMwEYIJbG9jYWxob3N0hwR/
AAABMB0GA1UdDgQWBBTuEA9zqmqZut416PAR1iA5q0EvHjAKBggqhkjOPQQDAgNH
ADBEAiBr923xXQEIi2OZgMGpSxSSi+ttz+tA1agyiqH+4WhKHQIgWs4N6psd3SB9
UZ3ri0KE23I8JmwIFp0AbUziB0Lk+6I=
-----END CERTIFICATE-----
`;

export const localhostKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgVPSi26xPSvOKsj5J
xIKM0vJllQfHleQzP8BidHQCSwihRANCAATjytUsTHsYspYM2HjNPe3idoKdAqZC
Dkqd+jElYS0/XwcM88bjcKpHt8sndWaZMtP7vyFcKWLo4bHFU57PvNjo
-----END PRIVATE KEY-----
`;
