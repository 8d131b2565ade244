"""Names of regions to the codes that public holidays go by, where holidays differ by region."""

from __future__ import annotations

from difflib import get_close_matches

from acuerdo.core.portfolio.column import key
from acuerdo.core.portfolio.slips import Bad

# ISO 3166-2 codes without the country, as the `holidays` package has them; Spanish provinces give their community.
REGIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "CL": {
        "AI": ("aysen", "aisen", "aysen del general carlos ibanez del campo",
               "aisen del general carlos ibanez del campo"),
        "AN": ("antofagasta",),
        "AP": ("arica y parinacota", "arica"),
        "AR": ("la araucania", "araucania"),
        "AT": ("atacama",),
        "BI": ("biobio", "bio bio", "del biobio"),
        "CO": ("coquimbo",),
        "LI": ("libertador general bernardo o higgins", "o higgins", "ohiggins", "libertador bernardo o higgins"),
        "LL": ("los lagos",),
        "LR": ("los rios",),
        "MA": ("magallanes", "magallanes y la antartica chilena", "magallanes y de la antartica chilena"),
        "ML": ("maule", "del maule"),
        "NB": ("nuble",),
        "RM": ("metropolitana", "metropolitana de santiago", "region metropolitana", "santiago"),
        "TA": ("tarapaca",),
        "VS": ("valparaiso",),
    },
    "AR": {
        "A": ("salta",), "B": ("buenos aires", "provincia de buenos aires", "pba"),
        "C": ("ciudad autonoma de buenos aires", "caba", "capital federal", "ciudad de buenos aires"),
        "D": ("san luis",), "E": ("entre rios",), "F": ("la rioja",), "G": ("santiago del estero",), "H": ("chaco",),
        "J": ("san juan",), "K": ("catamarca",), "L": ("la pampa",), "M": ("mendoza",), "N": ("misiones",),
        "P": ("formosa",), "Q": ("neuquen",), "R": ("rio negro",), "S": ("santa fe",), "T": ("tucuman",),
        "U": ("chubut",), "V": ("tierra del fuego",), "W": ("corrientes",), "X": ("cordoba",), "Y": ("jujuy",),
        "Z": ("santa cruz",),
    },
    "ES": {
        "AN": ("andalucia", "almeria", "cadiz", "cordoba", "granada", "huelva", "jaen", "malaga", "sevilla"),
        "AR": ("aragon", "huesca", "teruel", "zaragoza"),
        "AS": ("asturias", "principado de asturias", "oviedo"),
        "CB": ("cantabria", "santander"),
        "CE": ("ceuta",),
        "CL": ("castilla y leon", "avila", "burgos", "leon", "palencia", "salamanca", "segovia", "soria", "valladolid",
               "zamora"),
        "CM": ("castilla la mancha", "albacete", "ciudad real", "cuenca", "guadalajara", "toledo"),
        "CN": ("canarias", "islas canarias", "las palmas", "santa cruz de tenerife", "tenerife"),
        "CT": ("cataluna", "catalunya", "barcelona", "girona", "gerona", "lleida", "lerida", "tarragona"),
        "EX": ("extremadura", "badajoz", "caceres"),
        "GA": ("galicia", "a coruna", "la coruna", "lugo", "ourense", "orense", "pontevedra"),
        "IB": ("islas baleares", "illes balears", "baleares", "mallorca"),
        "MC": ("murcia", "region de murcia"),
        "MD": ("madrid", "comunidad de madrid"),
        "ML": ("melilla",),
        "NC": ("navarra", "comunidad foral de navarra"),
        "PV": ("pais vasco", "euskadi", "alava", "araba", "bizkaia", "vizcaya", "gipuzkoa", "guipuzcoa"),
        "RI": ("la rioja", "logrono"),
        "VC": ("comunidad valenciana", "comunitat valenciana", "valencia", "alicante", "castellon", "valenciana"),
    },
}  # fmt: skip
_CODES: dict[str, dict[str, str]] = {
    country: {name: code for code, names in regions.items() for name in (*names, code.lower())}
    for country, regions in REGIONS.items()
}


def region_code(text: str, country: str) -> str:
    """The code of a region's or province's name; empty where a country's holidays are the same everywhere.

    Raises Bad: subdivision_unknown. Idempotent.
    """
    known = _CODES.get(country)
    if known is None:
        return ""
    bare = key(text).removeprefix("region de ").removeprefix("region del ").removeprefix("provincia de ")
    found = known.get(key(text)) or known.get(bare)
    if found is None:
        near = get_close_matches(bare, known, n=1)
        mend = f"¿quiso decir «{near[0]}»?" if near else "escriba el nombre de la región, provincia o comunidad"
        raise Bad("subdivision_unknown", f"no se conoce esa región de {country}", mend)
    return found
