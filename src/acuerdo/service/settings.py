"""What an operator can set, each as an environment variable that begins with ACUERDO_ (or a line of a `.env` file)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "ACUERDO_"


class Settings(BaseSettings):
    """All that differs between installations; `Settings()` reads the environment, and keyword arguments win over it."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True)

    database_url: str | None = Field(
        default=None,
        description="A PostgreSQL server of yours (15 or newer), as postgresql://user:password@host/database. "
        "Empty: a server of our own is started and kept in the data folder.",
    )
    postgres_bin: Path | None = Field(
        default=None,
        description="The folder with the PostgreSQL programs (postgres, initdb) for our own server. "
        "Empty: those installed with Acuerdo, else those of the system.",
    )
    database_pool_max: int = Field(
        default=20, ge=2, le=500, description="How many connections each process may hold to the database."
    )
    database_statement_cache: int = Field(
        default=256,
        ge=0,
        description="Prepared statements kept per connection; 0 when the server is behind PgBouncer older than 1.21.",
    )
    data_dir: Path = Field(
        default=Path(".acuerdo"),
        validate_default=True,
        description="The folder for our own server's data, the master key and what the sandboxes keep.",
    )
    master_key: SecretStr | None = Field(
        default=None,
        description="32 bytes in base64 that wrap every person's key. Several, separated by commas: the first seals, "
        "all open, and the last makes the look-up indexes. Empty: the file master.key in the data folder, made when "
        "first needed.",
    )
    session_secret: SecretStr | None = Field(
        default=None,
        description="Signs the sessions of agents and debtors. Empty: derived from the master key.",
    )
    flows: Path | None = Field(
        default=None,
        description="A folder with flows of yours (.yaml), or with creditors' own texts (creditors/ID.yaml) alone. It "
        "is checked and published when the house starts. Empty: the shipped flows, or those published last.",
    )
    law_options: Path | None = Field(
        default=None,
        description='A TOML file with the choices of yours that the law packs leave open (`week = "calendar"`, or a '
        "table `[co]` for one pack). Empty: the strict readings that the packs ship with.",
    )
    base_url: str = Field(
        default="http://127.0.0.1:8000",
        pattern=r"^https?://[^/\s]+[^\s]*$",
        description="The address at which people reach this installation; links in messages begin with it.",
    )
    host: str = Field(default="127.0.0.1", description="The interface on which `acuerdo serve` listens.")
    port: int = Field(
        default=8000, ge=0, le=65535, description="The port on which `acuerdo serve` listens; 0: any free."
    )
    allow_list: Annotated[frozenset[str], NoDecode] = Field(
        default=frozenset(),
        description="Addresses (phones as +573001234567, e-mails), separated by commas. With any here, real carriers "
        "deliver to these alone, until go-live. Sandboxes deliver to nobody, and are not held back.",
    )
    clock: Literal["system", "demo"] = Field(
        default="system",
        description="Whose time decides: the machine's, or the demo's own clock, which its pages show and move.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least serious messages that are logged."
    )
    log_format: Literal["console", "json"] = Field(
        default="console", description="Logs for people (console) or for programs (json, one object per line)."
    )
    sms_sandbox_url: str | None = Field(
        default=None, description="Where the sandbox SMS carrier answers. Empty: /sandbox/sms of this installation."
    )
    payments_sandbox_url: str | None = Field(
        default=None,
        description="Where the sandbox payment gateway answers. Empty: /sandbox/pagos of this installation.",
    )

    smtp_url: SecretStr | None = Field(
        default=None,
        description="The mail server, as smtp://user:password@host:587 or smtps://host:465. Empty: no e-mail leaves, "
        "and documents are given in the chat alone.",
    )
    mail_from: str = Field(
        default="", description="The address that e-mails come from, where the creditor has none of its own."
    )
    mailbox_url: SecretStr | None = Field(
        default=None,
        description="The mailbox to which answers and reports come, as imaps://user:password@host/INBOX, or as "
        "maildir:/path of a folder on this machine. Empty: mails are only taken where a mail server posts them.",
    )
    mail_hook_secret: SecretStr | None = Field(
        default=None,
        description="Signs the mails that a mail server of yours posts to us. Empty: none is taken that way.",
    )
    dkim_key: Path | None = Field(
        default=None,
        description="A PEM file with the RSA key that signs mails for the domain they come from (DKIM). Empty: they go "
        "unsigned, or the mail server signs them.",
    )
    dkim_selector: str = Field(
        default="acuerdo", description="Under which name the public half of that key stands in the DNS."
    )
    whatsapp: Path | None = Field(
        default=None,
        description="A TOML file with the creditors' WhatsApp numbers, the approved templates and who accepted the "
        "platform's risk, and when. Empty: there is no WhatsApp.",
    )
    whatsapp_token: SecretStr | None = Field(
        default=None, description="The access token of WhatsApp's Cloud API, for numbers that name none of their own."
    )
    whatsapp_app_secret: SecretStr | None = Field(
        default=None, description="The secret of the app at Meta, which signs what WhatsApp posts to us."
    )
    whatsapp_verify_token: SecretStr | None = Field(
        default=None, description="The word of your choice that Meta repeats when it first asks for our address."
    )
    whatsapp_url: str = Field(default="https://graph.facebook.com", description="Where WhatsApp's Cloud API answers.")
    twilio_account: str | None = Field(
        default=None, description="The account's SID at Twilio (AC…). Empty: no SMS goes by Twilio."
    )
    twilio_token: SecretStr | None = Field(
        default=None, description="The account's auth token at Twilio; it also signs what Twilio posts to us."
    )
    twilio_sender: str = Field(
        default="",
        description="The number (+…), the messaging service (MG…) or, by country, the senders (`MX:26262,*:+1555…`) "
        "that SMS come from where the creditor has none.",
    )
    twilio_url: str = Field(default="https://api.twilio.com", description="The address at which Twilio's API answers.")
    sms_http: Path | None = Field(
        default=None,
        description="A TOML file that describes the HTTP interface of an SMS provider. Empty: there is none.",
    )
    smpp_host: str | None = Field(
        default=None, description="The host of an SMSC that speaks SMPP 3.4. Empty: no SMS goes by SMPP."
    )
    smpp_port: int = Field(default=2775, ge=1, le=65535, description="The port on which the SMSC listens.")
    smpp_system_id: str = Field(default="", description="The name by which the SMSC knows us.")
    smpp_password: SecretStr | None = Field(default=None, description="Our password at the SMSC; 8 characters at most.")
    smpp_system_type: str = Field(default="", description="The system type that the SMSC asks for, if any.")
    smpp_sender: str = Field(
        default="",
        description="The sender of SMS, or the senders by country (`CO:890123,*:Tienda`), where the creditor has none.",
    )
    smpp_tls: bool = Field(default=False, description="Whether the SMSC is spoken to over TLS.")
    smpp_per_second: int = Field(default=20, ge=1, description="How many parts a second the SMSC takes from us.")

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @field_validator("base_url")
    @classmethod
    def _no_slash(cls, url: str) -> str:
        return url.rstrip("/")

    @field_validator("allow_list", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return frozenset(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value

    @field_validator(
        "database_url", "postgres_bin", "master_key", "session_secret", "smtp_url", "mailbox_url",
        "mail_hook_secret", "dkim_key",
        "whatsapp", "whatsapp_token",
        "whatsapp_app_secret", "whatsapp_verify_token", "twilio_account", "twilio_token", "sms_http", "smpp_host",
        "smpp_password", mode="before",
    )  # fmt: skip
    @classmethod
    def _empty_is_absent(cls, value: object) -> object:
        return None if value == "" else value

    @cached_property
    def sms_sandbox(self) -> str:
        """The sandbox SMS carrier's address."""
        return self.sms_sandbox_url or f"{self.base_url}/sandbox/sms"

    @cached_property
    def payments_sandbox(self) -> str:
        """The sandbox payment gateway's address."""
        return self.payments_sandbox_url or f"{self.base_url}/sandbox/pagos"


def unknown_variables(environment: Iterable[str]) -> list[str]:
    """The ACUERDO_ variables that no setting reads: most often a typing mistake."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
