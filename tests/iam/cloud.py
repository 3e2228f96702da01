"""S3 and KMS on 127.0.0.1 that authorise every request by the caller's policies, as far as a state backend needs them.

Objects are encrypted under the bucket's key, so that reading and writing one asks KMS too. What a caller may not list
is forbidden to it rather than missing, as in S3: that needs `s3:ListBucket` without a condition on the prefix.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.iam.simulator import Principal, Request, decide

_XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"


@dataclass
class Cloud:
    """A bucket under a key, and who may come: access key → role."""

    bucket: str
    key_arn: str
    key_alias: str
    key_policy: Mapping[str, Any]
    callers: Mapping[str, Principal]
    objects: dict[str, bytes] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    """Calls that were forbidden: action and resource."""
    allowed: set[str] = field(default_factory=set)
    """Actions that were called and allowed."""
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def bucket_arn(self) -> str:
        partition = self.key_arn.split(":")[1]
        return f"arn:{partition}:s3:::{self.bucket}"

    def may(self, caller: str, action: str, resource: str, **context: str) -> bool:
        """Whether a caller may do this in the bucket."""
        return self._decide(caller, Request(action=action, resource=resource, context=context))

    def may_use_key(self, caller: str, action: str) -> bool:
        """Whether a caller may do this with the key."""
        aliases = {"kms:ResourceAliases": [self.key_alias]}
        request = Request(
            action=f"kms:{action}", resource=self.key_arn, context=aliases, resource_policy=self.key_policy
        )
        return self._decide(caller, request)

    def _decide(self, caller: str, request: Request) -> bool:
        with self.lock:
            found = decide(self.callers[caller], request)
        if found:
            self.allowed.add(request.action)
        else:
            self.refused.append(f"{request.action} {request.resource}")
        return found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cloud: Cloud

    def log_message(self, *_: object) -> None:
        """Nothing: the test reads what was refused."""

    def do_GET(self) -> None:
        key, query = self._target()
        if key:
            self._read(key)
        elif "location" in query:
            self._answer_if("s3:GetBucketLocation", f'<LocationConstraint xmlns="{_XMLNS}"/>')
        else:
            self._list(query)

    def do_HEAD(self) -> None:
        key, _ = self._target()
        if key:
            self._read(key)
        else:
            self._answer_if("s3:ListBucket", "")

    def do_PUT(self) -> None:
        key, _ = self._target()
        body = self._body()
        source = self.headers.get("x-amz-copy-source")
        if source:
            origin = unquote(source).lstrip("/").partition("/")[2]
            if not self._may_read(origin):
                return
            body = self.cloud.objects[origin]
        if not self._may("s3:PutObject", key) or not self._may_use_key("GenerateDataKey"):
            return
        self.cloud.objects[key] = body
        etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        result = f'<CopyObjectResult xmlns="{_XMLNS}"><ETag>{escape(etag)}</ETag></CopyObjectResult>' if source else ""
        self._answer(200, result, {"ETag": etag})

    def do_DELETE(self) -> None:
        key, _ = self._target()
        if self._may("s3:DeleteObject", key):
            self.cloud.objects.pop(key, None)
            self._answer(204)

    def do_POST(self) -> None:
        if target := self.headers.get("X-Amz-Target"):
            self._key_management(target.rpartition(".")[2], json.loads(self._body()))
            return
        keys = re.findall(r"<Key>(.*?)</Key>", self._body().decode())
        if all(self._may("s3:DeleteObject", key) for key in keys):
            for key in keys:
                self.cloud.objects.pop(key, None)
            self._answer(200, f'<DeleteResult xmlns="{_XMLNS}"/>')

    @property
    def _caller(self) -> str:
        return str(self.headers["Authorization"].partition("Credential=")[2].partition("/")[0])

    def _target(self) -> tuple[str, dict[str, list[str]]]:
        parts = urlsplit(self.path)
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        assert bucket == self.cloud.bucket, bucket
        return key, parse_qs(parts.query, keep_blank_values=True)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            data = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return _plain(data) if "aws-chunked" in self.headers.get("Content-Encoding", "") else data

    def _may(self, action: str, key: str) -> bool:
        found = self.cloud.may(self._caller, action, f"{self.cloud.bucket_arn}/{key}")
        if not found:
            self._forbid()
        return found

    def _may_use_key(self, action: str) -> bool:
        found = self.cloud.may_use_key(self._caller, action)
        if not found:
            self._forbid()
        return found

    def _may_read(self, key: str) -> bool:
        if not self._may("s3:GetObject", key):
            return False
        if key not in self.cloud.objects:
            may_list = self.cloud.may(self._caller, "s3:ListBucket", self.cloud.bucket_arn)
            self._answer(404 if may_list else 403, _error("NoSuchKey" if may_list else "AccessDenied"))
            return False
        return self._may_use_key("Decrypt")

    def _read(self, key: str) -> None:
        if self._may_read(key):
            body = self.cloud.objects[key]
            headers = {"Last-Modified": "Sat, 28 Nov 2026 00:00:00 GMT", "ETag": '"0"'}
            self._answer(200, body, headers)

    def _list(self, query: Mapping[str, list[str]]) -> None:
        prefix, delimiter = (query.get(name, [""])[0] for name in ("prefix", "delimiter"))
        context = {"s3:prefix": prefix, "s3:delimiter": delimiter}
        if not self.cloud.may(self._caller, "s3:ListBucket", self.cloud.bucket_arn, **context):
            self._forbid()
            return
        contents, folders = [], []
        for key in sorted(self.cloud.objects):
            rest = key.removeprefix(prefix)
            if not key.startswith(prefix):
                continue
            if delimiter and delimiter in rest:
                folders.append(prefix + rest.partition(delimiter)[0] + delimiter)
                continue
            size = len(self.cloud.objects[key])
            moment = "<LastModified>2026-11-28T00:00:00.000Z</LastModified>"
            contents.append(f"<Contents><Key>{escape(key)}</Key>{moment}<Size>{size}</Size></Contents>")
        common = [
            f"<CommonPrefixes><Prefix>{escape(each)}</Prefix></CommonPrefixes>" for each in dict.fromkeys(folders)
        ]
        body = "".join(["<IsTruncated>false</IsTruncated>", *contents, *common])
        self._answer(200, f'<ListBucketResult xmlns="{_XMLNS}">{body}</ListBucketResult>')

    def _answer_if(self, action: str, body: str) -> None:
        if self.cloud.may(self._caller, action, self.cloud.bucket_arn):
            self._answer(200, body)
        else:
            self._forbid()

    def _key_management(self, action: str, request: Mapping[str, Any]) -> None:
        if not self.cloud.may_use_key(self._caller, action):
            self._answer(400, json.dumps({"__type": "AccessDeniedException", "message": f"kms:{action}"}))
            return
        found: dict[str, Any] = {"KeyId": self.cloud.key_arn}
        if action == "Encrypt":
            sealed = b"sealed:" + base64.b64decode(request["Plaintext"])
            found["CiphertextBlob"] = base64.b64encode(sealed).decode()
        elif action == "Decrypt":
            opened = base64.b64decode(request["CiphertextBlob"]).removeprefix(b"sealed:")
            found["Plaintext"] = base64.b64encode(opened).decode()
        else:
            self._answer(400, json.dumps({"__type": "UnknownOperationException", "message": action}))
            return
        self._answer(200, json.dumps(found), {"Content-Type": "application/x-amz-json-1.1"})

    def _forbid(self) -> None:
        self._answer(403, _error("AccessDenied"))

    def _answer(self, status: int, body: str | bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def _error(code: str) -> str:
    return f"<Error><Code>{code}</Code><Message>{code}</Message></Error>"


def _plain(data: bytes) -> bytes:
    """The content of a body in signed chunks."""
    found = b""
    while data:
        header, _, data = data.partition(b"\r\n")
        size = int(header.split(b";")[0] or b"0", 16)
        if not size:
            break
        found, data = found + data[:size], data[size + 2 :]
    return found


@contextmanager
def serving(cloud: Cloud) -> Iterator[Cloud]:
    """The cloud behind a port of this machine, until the context ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"cloud": cloud}))
    cloud.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield cloud
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
