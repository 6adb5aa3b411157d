"""Small words that tell English titles from those of other languages in Latin script.

Function words, and colours and people where titles have no sentences. Left out: words that English shares
(`for`, `in`, `pro`), single letters, and words that English titles borrow (`de`, `la`, `los`).
"""

_ENGLISH = {
    "function": "the and with of from by to your our this is are that all without extra pack size free",
    "colours": "black white blue green yellow pink brown grey gray light heavy small large big fresh whole",
    "people": "women womens woman girls boys kids",
    "goods": "food care oil water cream box bag bags shirt shoes",
}

_OTHERS = {
    "German": "für mit und ohne der zum zur aus von bei schwarz weiß blau rot grün damen herren kinder stück",
    "French": "pour avec sans et du des aux les sur noir blanc bleu vert rouge femme homme enfant pièces",
    "Spanish": "para con sin las del negro blanco azul verde rojo mujer hombre niños piezas",
    "Portuguese": "com sem dos das preto branco vermelho feminino masculino infantil peças",
    "Italian": "per di senza della delle degli nero bianco rosso uomo donna bambini pezzi",
    "Dutch": "voor met en van zonder het zwart wit blauw groen rood dames heren kinderen stuks",
    "Swedish": "för och till utan av svart vit barn herr dam",
    "Danish, Norwegian": "til og uden uten sort hvid hvit herre",
    "Finnish": "ja sekä musta valkoinen sininen naisten miesten lasten kpl",
    "Polish": "dla bez oraz czarny biały niebieski damskie męskie dziecięce szt",
    "Czech, Slovak": "bez černá čierna bílá biela modrá dámské pánské dětské kusů",
    "Hungarian": "és nélkül fekete fehér női férfi gyerek",
    "Romanian": "pentru și fără negru alb femei copii",
    "Turkish": "ve için ile siyah beyaz mavi kırmızı kadın erkek çocuk adet",
    "Indonesian": "untuk dengan hitam putih wanita pria anak",
    "Vietnamese": "cho và của với nam nữ",
}

ENGLISH = frozenset(word for words in _ENGLISH.values() for word in words.split())
OTHER_LANGUAGES = frozenset(word for words in _OTHERS.values() for word in words.split())
