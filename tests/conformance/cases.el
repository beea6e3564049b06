;;; cases.el --- Emacs' answers to our own cases  -*- lexical-binding: t -*-
;;
;; emacs -Q --batch -L ORG -l reference.el -l cases.el -f wb-cases DIRECTORY OUT.jsonl
;; emacs -Q --batch -L ORG -l reference.el -l cases.el -f wb-blocks IN.jsonl OUT.jsonl
;;
;; wb-cases answers every *.org of a directory, included files and tangling and all; OUT begins with a line that names
;; the versions. wb-blocks answers the source blocks alone, for texts as reference.el takes them.

(require 'ob-tangle)
(require 'org-lint)
(require 'oc-basic)

(setq org-confirm-babel-evaluate nil)
(add-to-list 'org-babel-tangle-lang-exts '("python" . "py")) ; as where Python is switched on

(defun wb-pairs (arguments)
  "Merged header arguments as [[key, value] …], sorted, as text; `:var' by name and definition."
  (let (pairs)
    (dolist (pair arguments)
      (let ((key (symbol-name (car pair))) (value (cdr pair)))
        (unless (member key '(":result-params" ":result-type" ":colname-names" ":rowname-names"))
          (push (vector key (cond ((null value) "nil") ((stringp value) value)
                                  ((and (consp value) (eq (car pair) :var))
                                   (format "%s=%s" (car value) (cdr value)))
                                  (t (format "%s" value))))
                pairs))))
    (vconcat (sort (nreverse pairs) (lambda (a b) (string< (aref a 0) (aref b 0)))))))

(defun wb-block (element)
  "A source block's language, value, merged arguments and expansion."
  (save-excursion
    (goto-char (org-element-property :post-affiliated element))
    (let* ((info (ignore-errors (org-babel-get-src-block-info 'no-eval)))
           (noweb (and info (ignore-errors (org-babel-expand-noweb-references info)))))
      `((lang . ,(org-element-property :language element))
        (value . ,(org-element-property :value element))
        (args . ,(and info (wb-pairs (nth 2 info))))
        (noweb . ,(and noweb (substring-no-properties noweb)))))))

(defun wb-source-blocks ()
  (vconcat (org-element-map (org-element-parse-buffer 'element) 'src-block #'wb-block)))

(defun wb-tangled (file)
  "The files that tangling FILE makes, as [{path, text, mode}]."
  (let* ((here (file-name-as-directory (make-temp-file "wb" t)))
         (name (file-name-nondirectory file))
         (copy (expand-file-name name here))
         (default-directory here))
    (copy-file file copy)
    (with-current-buffer (find-file-noselect copy)
      (org-mode)
      (org-babel-tangle)
      (set-buffer-modified-p nil)
      (kill-buffer))
    (prog1 (vconcat
            (delq nil
                  (mapcar (lambda (path)
                            (unless (equal path copy)
                              `((path . ,(file-relative-name path here))
                                (text . ,(with-temp-buffer (insert-file-contents path) (buffer-string)))
                                (mode . ,(logand #o777 (file-modes path))))))
                          (sort (directory-files-recursively here "") #'string<))))
      (delete-directory here t))))

(defun wb-lint ()
  "What org-lint finds, as [[line, checker]], by line; nil where org-lint itself breaks."
  (org-mode)
  (ignore-errors (wb-lint-rows)))

(defun wb-lint-rows ()
  (vconcat (sort (mapcar (lambda (report)
                           (let ((row (cadr report)))
                             (vector (string-to-number (aref row 0))
                                     (symbol-name (org-lint-checker-name (aref row 3))))))
                         (org-lint))
                 (lambda (a b) (or (< (aref a 0) (aref b 0))
                                   (and (= (aref a 0) (aref b 0)) (string< (aref a 1) (aref b 1))))))))

(defun wb-case (file)
  (let* ((text (with-temp-buffer (insert-file-contents file) (buffer-string)))
         (default-directory (file-name-directory file))
         (answer (condition-case e (wb-answer text)
                   (error `((error . ,(error-message-string e)))))))
    (setf (alist-get 'src answer)
          (with-temp-buffer (insert text) (let ((org-mode-hook nil)) (org-mode)) (wb-source-blocks)))
    (when (string-match-p ":tangle" text)
      (setf (alist-get 'tangled answer) (wb-tangled file)))
    (setf (alist-get 'lint answer) (with-temp-buffer (insert text) (wb-lint)))
    `((id . ,(file-name-base file)) ,@(nreverse answer))))

(defun wb-cases ()
  (let* ((directory (expand-file-name (pop command-line-args-left)))
         (out (expand-file-name (pop command-line-args-left)))
         (json-null nil) (coding-system-for-write 'utf-8) (coding-system-for-read nil))
    (prefer-coding-system 'utf-8) ; as a person opens a file: CRLF and a byte order mark are no part of the text
    (with-temp-file out
      (insert (json-encode `((emacs . ,emacs-version) (org . ,(org-version)))) "\n")
      (dolist (file (directory-files directory t "\\.org\\'"))
        (insert (json-encode (wb-case file)) "\n")))))

(defun wb-blocks ()
  (let* ((in (pop command-line-args-left)) (out (pop command-line-args-left))
         (json-null nil) (coding-system-for-write 'utf-8) (coding-system-for-read 'utf-8-unix) lines)
    (with-temp-buffer
      (insert-file-contents in)
      (while (not (eobp))
        (let ((record (json-parse-string (buffer-substring (point) (line-end-position)) :object-type 'alist)))
          (push (json-encode `((id . ,(alist-get 'id record))
                               (src . ,(with-temp-buffer
                                         (insert (alist-get 'org record))
                                         (let ((org-mode-hook nil)) (org-mode))
                                         (wb-source-blocks)))))
                lines))
        (forward-line 1)))
    (with-temp-file out (dolist (l (nreverse lines)) (insert l "\n")))))
