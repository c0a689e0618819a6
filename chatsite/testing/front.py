"""The nginx of deploy/ on this machine: its own two files, with private ports and a certificate of the moment."""

import ipaddress
import ssl
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chatsite.testing.finding import Missing
from chatsite.testing.nginx import Nginx
from chatsite.testing.ports import free_port

DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "nginx"
HOST = "localhost"


class Front(Nginx):
    """`static` is the DATA_DIR whose static/ it serves; `instead` replaces more of the files' words."""

    name = "front"

    def __init__(
        self, *, pages: int, sockets: Sequence[int], data: Path, instead: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(http="")
        self.http_port = free_port()
        self.http = self._site(pages, sockets, data, instead or {})
        make_certificate(self.folder)

    def start(self) -> Self:
        """Its files are ours: not starting is a fault of theirs, not of the machine."""
        try:
            return super().start()
        except Missing as reason:
            raise RuntimeError(str(reason)) from reason

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}"

    @property
    def access_log(self) -> str:
        return (self.folder / "access.log").read_text()

    def trust(self) -> ssl.SSLContext:
        """What a client needs to believe the certificate."""
        return ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))

    def _site(self, pages: int, sockets: Sequence[int], data: Path, instead: Mapping[str, str]) -> str:
        first, second = sockets
        words = (DEPLOY / "chatrooms-upstreams.conf").read_text() + (DEPLOY / "chatrooms.conf").read_text()
        values = {
            "127.0.0.1:8001": f"127.0.0.1:{pages}",
            "127.0.0.1:8002": f"127.0.0.1:{first}",
            "127.0.0.1:8003": f"127.0.0.1:{second}",
            "    listen [::]:80;\n": "",
            "    listen [::]:443 ssl http2;\n": "",
            "listen 80;": f"listen 127.0.0.1:{self.http_port};",
            # Every address of the loopback network, so that a test can come from several.
            "listen 443 ssl http2;": f"listen 127.0.0.1:{self.port} ssl http2;",
            "https://$server_name": f"https://$server_name:{self.port}",
            "/etc/letsencrypt/live/chat.example.org": str(self.folder),
            "chat.example.org": HOST,
            "/var/log/nginx/chatrooms.log": f"{self.folder}/access.log",
            "/var/log/nginx/chatrooms-error.log": f"{self.folder}/error.log",
            "root /var/lib/chatrooms;": f'root "{data}";',
            "root /etc/nginx/chatrooms;": f'root "{DEPLOY}";',
            **instead,
        }
        for sample, real in values.items():
            assert sample in words, f"the files in {DEPLOY} no longer say {sample!r}"
            words = words.replace(sample, real)
        return words


def make_certificate(folder: Path) -> None:
    """`fullchain.pem` and `privkey.pem` for this machine's own name, signed by nobody else, good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    names = [x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "privkey.pem").write_bytes(key.private_bytes(*private))
