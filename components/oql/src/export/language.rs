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

/// In the order of `Word`; `%d` is where a number stands.
type Words = [&'static str; 7];

const ENGLISH: Words =
    ["Figure %d:", "Footnotes", "Listing %d:", "Table %d:", "Table of Contents", "List of Tables", "List of Listings"];

/// A word in a language; English where there is no translation.
pub(crate) fn word(language: &str, word: Word) -> &'static str {
    let words = translated(language).unwrap_or(ENGLISH);
    words.get(word as usize).copied().unwrap_or("")
}

/// `Table 3:`
pub(crate) fn numbered(language: &str, kind: Word, n: usize) -> String {
    word(language, kind).replacen("%d", &n.to_string(), 1)
}

#[rustfmt::skip]
fn translated(language: &str) -> Option<Words> {
    Some(match language {
        "ar" => ["شكل %d:", "الهوامش", "برنامج %d:", "جدول %d:", "قائمة المحتويات", "قائمة بالجداول", "قائمة بالبرامج"],
        "ca" => ["Figure %d:", "Peus de pàgina", "Listing %d:", "Table %d:", "Índex", "List of Tables", "List of Listings"],
        "cs" => ["Obrázek %d:", "Poznámky pod čarou", "Program %d:", "Tabulka %d:", "Obsah", "Seznam tabulek", "Seznam programů"],
        "da" => ["Figur %d:", "Fodnoter", "Program %d:", "Tabel %d:", "Indhold", "Tabeller", "Programmer"],
        "de" => ["Abbildung %d:", "Fußnoten", "Programmlisting %d:", "Tabelle %d:", "Inhaltsverzeichnis", "Tabellenverzeichnis", "Programmauflistungsverzeichnis"],
        "eo" => ["Figure %d:", "Piednotoj", "Listing %d:", "Table %d:", "Enhavo", "List of Tables", "List of Listings"],
        "es" => ["Figura %d:", "Notas al pie de página", "Listado de programa %d:", "Tabla %d:", "Índice", "Índice de tablas", "Índice de Listados de programas"],
        "et" => ["Joonis %d:", "Allmärkused", "Loend %d:", "Tabel %d:", "Sisukord", "Tabelite nimekiri", "Loendite nimekiri"],
        "fa" => ["شکل %d:", "پانوشت\u{200c}ها", "برنامه\u{200c}ریزی %d:", "جدول %d:", "فهرست", "فهرست جدول\u{200c}ها", "فهرست برنامه\u{200c}ریزی\u{200c}ها"],
        "fi" => ["Figure %d:", "Alaviitteet", "Listing %d:", "Table %d:", "Sisällysluettelo", "List of Tables", "List of Listings"],
        "fr" => ["Figure\u{a0}%d\u{a0}:", "Notes de bas de page", "Programme\u{a0}%d\u{a0}:", "Tableau %d:", "Table des matières", "Liste des tableaux", "Liste des programmes"],
        "hu" => ["Figure %d:", "Lábjegyzet", "Listing %d:", "Table %d:", "Tartalomjegyzék", "List of Tables", "List of Listings"],
        "is" => ["Mynd %d:", "Aftanmálsgreinar", "Listing %d:", "Tafla %d:", "Efnisyfirlit", "Töfluskrá", "List of Listings"],
        "it" => ["Figura %d:", "Note a piè di pagina", "Listato %d:", "Tabella %d:", "Indice", "Indice delle tabelle", "List of Listings"],
        "ja" => ["図%d:", "脚注", "ソースコード%d:", "表%d:", "目次", "表目次", "ソースコード目次"],
        "nb" | "no" => ["Illustrasjon %d:", "Fotnoter", "Dataprogram %d:", "Tabell %d:", "Innhold", "Tabeller", "Dataprogrammer"],
        "nl" => ["Figuur\u{a0}%d:", "Voetnoten", "Programma\u{a0}%d:", "Tabel\u{a0}%d:", "Inhoudsopgave", "Lijst van tabellen", "Lijst van programma's"],
        "nn" => ["Illustrasjon %d:", "Fotnotar", "Program %d:", "Tabell %d:", "Innhald", "Tabeller", "Programliste"],
        "pl" => ["Obrazek %d:", "Przypis", "Indeks %d:", "Tabela %d:", "Spis treści", "Indeks tabel", "Indeks"],
        "ro" => ["Imaginea %d:", "Note de subsol", "Lista %d:", "Tabel %d:", "Cuprins", "Tabele", "List of Listings"],
        "ru" => ["Рис. %d.:", "Сноски", "Распечатка %d.:", "Таблица %d.:", "Содержание", "Список таблиц", "Список распечаток"],
        "sl" => ["Slika %d:", "Opombe", "Izpis programa %d:", "Tabela %d:", "Kazalo", "Seznam tabel", "Seznam programskih izpisov"],
        "sv" => ["Illustration %d:", "Fotnoter", "Programlistning %d:", "Tabell %d:", "Innehåll", "Tabeller", "Programlistningar"],
        "tr" => ["Şekil %d:", "Dipnotlar", "Program %d:", "Tablo %d:", "İçindekiler", "Tablo Listesi", "Program Listesi"],
        "uk" => ["Figure %d:", "Примітки", "Listing %d:", "Table %d:", "Зміст", "List of Tables", "List of Listings"],
        "zh-CN" => ["图%d\u{a0}", "脚注", "代码%d\u{a0}", "表%d\u{a0}", "目录", "表格目录", "代码目录"],
        "zh-TW" => ["Figure %d:", "腳註", "Listing %d:", "Table %d:", "目錄", "List of Tables", "List of Listings"],
        _ => return None,
    })
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
