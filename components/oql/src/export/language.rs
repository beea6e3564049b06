//! The few words the exporter itself says, and quotation marks, by language.

/// What the exporter says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    Figure,
    Footnotes,
    Listing,
    Table,
    Contents,
    ListOfTables,
    ListOfListings,
}

/// Figure, Footnotes, Listing, Table, Table of Contents, List of Tables, List of Listings.
type Words = [&'static str; 7];

const ENGLISH: Words =
    ["Figure", "Footnotes", "Listing", "Table", "Table of Contents", "List of Tables", "List of Listings"];

/// A word in a language; English where there is no translation.
pub(crate) fn word(language: &str, word: Word) -> &'static str {
    let words: Words = match language {
        "de" => [
            "Abbildung",
            "Fußnoten",
            "Programmlisting",
            "Tabelle",
            "Inhaltsverzeichnis",
            "Tabellenverzeichnis",
            "Programmauflistungsverzeichnis",
        ],
        "fr" => [
            "Figure",
            "Notes de bas de page",
            "Programme",
            "Tableau",
            "Sommaire",
            "Liste des tableaux",
            "Liste des programmes",
        ],
        "es" => [
            "Figura",
            "Notas al pie de página",
            "Listado de programa",
            "Tabla",
            "Índice",
            "Índice de tablas",
            "Índice de listados de programas",
        ],
        "it" => [
            "Figura",
            "Note a piè di pagina",
            "Listato",
            "Tabella",
            "Indice",
            "Indice delle tabelle",
            "Indice dei listati",
        ],
        "nl" => ["Figuur", "Voetnoten", "Listing", "Tabel", "Inhoudsopgave", "Lijst van tabellen", "List of Listings"],
        "cs" => ["Obrázek", "Poznámky pod čarou", "Program", "Tabulka", "Obsah", "Seznam tabulek", "Seznam programů"],
        "sv" => ["Figur", "Fotnoter", "Programlista", "Tabell", "Innehållsförteckning", "Tabeller", "Programlistor"],
        _ => ENGLISH,
    };
    words.get(word as usize).copied().unwrap_or("")
}

/// Primary opening and closing, secondary opening and closing, apostrophe.
pub(crate) fn quotes(language: &str) -> Option<[&'static str; 5]> {
    Some(match language {
        "ar" | "fa" => ["«", "»", "‹", "›", "’"],
        "da" => ["»", "«", "›", "‹", "’"],
        "de" => ["„", "“", "‚", "‘", "’"],
        "is" => ["„", "“", "‚", "‘", "’"],
        "el" | "es" => ["«", "»", "“", "”", "’"],
        "en" | "it" => ["“", "”", "‘", "’", "’"],
        "fr" => ["«\u{a0}", "\u{a0}»", "“", "”", "’"],
        "no" | "nb" | "nn" => ["«", "»", "‘", "’", "’"],
        "ro" => ["„", "”", "«", "»", "’"],
        "ru" => ["«", "»", "„", "“", "'"],
        "sl" => ["«", "»", "„", "“", "’"],
        "sv" => ["”", "”", "’", "’", "’"],
        _ => return None,
    })
}
